"""What no single entry of a policy shows: numbers absent or reversed, grades or rules at odds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from model.policy.entries import GradeTerms, ReviewReason, Rule, whole

#: The numbers that code reads, each with the least and most it may be. These bounds keep every
#: product of `model.decision.income` within 64 bits. A policy may hold further numbers for its
#: rules.
NUMBERS: Mapping[str, tuple[int, int]] = {
    "product_cap_yuan": (0, 10_000_000),
    "minimum_loan_yuan": (0, 10_000_000),
    "rounding_yuan": (1, 1_000_000),
    "minimum_months": (1, 60),
    "maximum_months": (1, 60),
    "standard_months": (1, 12),
    "shortest_harvest_months": (0, 11),
    "harvest_share_percent": (0, 100),
    "decision_validity_days": (1, 365),
    "four_eyes_above_yuan": (0, 10_000_000),
    "review_claim_hours": (1, 720),
    "lpr_bp": (0, 10_000),
    "rate_floor_bp": (0, 10_000),
    "rate_cap_bp": (0, 10_000),
    "debt_service_share_percent": (0, 100),
    "income_haircut_percent": (0, 100),
    "wage_yuan_per_labourer": (0, 1_000_000),
}
#: Pairs of numbers of which the first may not exceed the second.
_ASCENDING = (
    ("minimum_loan_yuan", "product_cap_yuan"),
    ("minimum_months", "standard_months"),
    ("standard_months", "maximum_months"),
    ("rate_floor_bp", "rate_cap_bp"),
)


def bounded(name: str, value: object) -> int:
    """Return the number called `name`; see `model.policy.entries.whole` for what is raised."""
    return whole(f"number {name}", value, *NUMBERS.get(name, (-(10**9), 10**9)))


def flaws_of_numbers(numbers: Mapping[str, int], named_by_rules: set[str]) -> Iterator[str]:
    """Yield what is wrong with the numbers as a whole."""
    for name in NUMBERS:
        if name not in numbers:
            yield f"number {name} is missing"
    for name in numbers:
        if name not in NUMBERS and name not in named_by_rules:
            yield f"number {name} is read by nothing; is it misspelt?"
    for low, high in _ASCENDING:
        if numbers.get(low, 0) > numbers.get(high, 0):
            yield f"{low} is above {high}"


def flaws_of_grades(grades: Sequence[GradeTerms]) -> Iterator[str]:
    """Yield what is wrong with the master scale: a worse grade never gets better terms."""
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
        yield f"tiers has {', '.join(tiers)}; it must name FIRST and SECOND"
    elif tiers["FIRST"] <= tiers["SECOND"]:
        yield "tier FIRST must need more points than SECOND"


def flaws_of_review_reasons(reasons: Sequence[ReviewReason]) -> Iterator[str]:
    """Yield what is wrong with the reasons: a person could not justify one of the answers."""
    codes = [reason.code for reason in reasons]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two review reasons share the code {code}"
    for answer in ("approve", "decline"):
        if not any(reason.serves(answer) for reason in reasons):
            yield f"no review reason serves to {answer}"


def flaws_of_rules(rules: Sequence[Rule], request_rules: Sequence[Rule]) -> Iterator[str]:
    """Yield what is wrong with the rules as a whole."""
    codes = [rule.code for rule in (*rules, *request_rules)]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield f"two rules in force share the code {code}"
    for rule in request_rules:
        # A request is granted, looked at by a person, or declined; tiers are not its matter.
        if "nurture" in (rule.outcome, rule.missing) or rule.unscored:
            yield f"rule {rule.code} is about a request: it may decline, refer or pass"
