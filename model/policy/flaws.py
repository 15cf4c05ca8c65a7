"""Checks of a policy's entries against each other, each a sentence on what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from model.policy.entries import (
    CAPPED_GROUPS,
    COST_NUMBERS,
    EVIDENCE,
    EVIDENCE_NUMBERS,
    KNOWN_NUMBERS,
    LINE_NUMBERS,
    NUMBERS,
    GradeTerms,
    ReviewReason,
    Rule,
)

#: Pairs of numbers of which the first may not exceed the second.
_ASCENDING = (
    ("minimum_loan_yuan", "product_cap_yuan"),
    ("minimum_months", "standard_months"),
    ("standard_months", "maximum_months"),
    ("rate_floor_bp", "rate_cap_bp"),
)


def flaws_of_numbers(numbers: Mapping[str, int], named_by_rules: set[str]) -> Iterator[str]:
    """Yield what is wrong with the numbers: missing, unused, or above a number they limit."""
    for name in NUMBERS:
        if name not in numbers:
            yield f"number {name} is missing"
    for name in numbers:
        if name not in KNOWN_NUMBERS and name not in named_by_rules:
            yield f"number {name} is not used; is it misspelt?"
    for low, high in _ASCENDING:
        if numbers.get(low, 0) > numbers.get(high, 0):
            yield f"{low} is above {high}"


def flaws_of_evidence(numbers: Mapping[str, int], evidence: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with capacity from evidence: a policy has all of its parts or none."""
    present = [name for name in EVIDENCE_NUMBERS if name in numbers]
    if not present and not evidence:
        return
    for name in EVIDENCE_NUMBERS:
        if name not in numbers:
            yield f"number {name} is missing beside {', '.join(present) or 'evidence_percent'}"
    if tuple(sorted(evidence)) != tuple(sorted(EVIDENCE)):
        yield f"evidence_percent names {', '.join(evidence)}; it must name {', '.join(EVIDENCE)}"


def flaws_of_costs(numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with the cost of a loan: a policy has all of its numbers or none."""
    yield from _incomplete(numbers, COST_NUMBERS)


def flaws_of_lines(numbers: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with lines of credit: all numbers or none, and no line beyond a loan."""
    yield from _incomplete(numbers, LINE_NUMBERS)
    if numbers.get("line_months", 0) > numbers.get("maximum_months", 0):
        yield "line_months is above maximum_months"
    if numbers.get("draw_months", 0) > numbers.get("line_months", numbers.get("draw_months", 0)):
        yield "draw_months is above line_months"


def _incomplete(numbers: Mapping[str, int], group: Iterable[str]) -> Iterator[str]:
    present = [name for name in group if name in numbers]
    for name in group:
        if present and name not in numbers:
            yield f"number {name} is missing beside {', '.join(present)}"


def flaws_of_caps(caps: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with the caps of exposure: a misspelt one would cap nothing."""
    for name in caps:
        if name not in CAPPED_GROUPS:
            yield f"exposure_caps_yuan names {name}; it may name {', '.join(CAPPED_GROUPS)}"


def flaws_of_grades(grades: Sequence[GradeTerms]) -> Iterator[str]:
    """Yield what is wrong with the master scale; a worse grade must not have better terms."""
    if len({terms.grade for terms in grades}) != len(grades):
        yield "two grades share a name"
    if not grades or grades[-1].pd_at_most != 1.0:
        yield "the last grade must take every PD: pd_at_most 1.0"
    for better, worse in pairwise(grades):
        if better.pd_at_most >= worse.pd_at_most:
            yield f"grade {worse.grade} does not rise in PD over {better.grade}"
        if better.spread_bp > worse.spread_bp or better.cap_yuan < worse.cap_yuan:
            yield f"grade {worse.grade} has better terms than {better.grade}"


def flaws_of_tiers(tiers: Mapping[str, int]) -> Iterator[str]:
    """Yield what is wrong with the cut-offs."""
    if set(tiers) != {"FIRST", "SECOND"}:
        yield f"tiers names {', '.join(tiers)}; it must name FIRST and SECOND"
    elif tiers["FIRST"] <= tiers["SECOND"]:
        yield "tier FIRST must need more points than SECOND"


def flaws_of_review_reasons(reasons: Sequence[ReviewReason]) -> Iterator[str]:
    """Yield what is wrong with the reviewers' reasons; each answer needs at least one."""
    codes = [reason.code for reason in reasons]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two review reasons share the code {code}"
    for answer in ("approve", "decline"):
        if not any(reason.justifies(answer) for reason in reasons):
            yield f"no review reason justifies {answer}"


def flaws_of_rules(rules: Sequence[Rule], request_rules: Sequence[Rule]) -> Iterator[str]:
    """Yield what is wrong with the rules: shared codes, or effects that a request cannot have."""
    codes = [rule.code for rule in (*rules, *request_rules)]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two rules in force share the code {code}"
    for rule in request_rules:
        # A request is approved, referred or declined; it cannot change the tier.
        if {"nurture", "note"} & {rule.outcome, rule.missing} or rule.unscored:
            yield f"rule {rule.code} is about a request: it can only decline, refer or pass"
