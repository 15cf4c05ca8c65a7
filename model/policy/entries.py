"""The typed entries of a policy, and the checks of each entry and of entries against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from model.errors import ContractError
from model.policy.policy_file import checked_mapping
from model.profile.dictionary import Text

Operator = Literal["below", "above", "at_least", "at_most"]
#: The tier that a match leaves: NONE, at best THIRD, at best SECOND, any. A note is told, without
#: another effect.
Effect = Literal["decline", "nurture", "refer", "note", "pass"]

#: A column that a detail names.
_NAMED = re.compile(r"\{([a-z0-9_]+)\}")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True)
class Rule:
    """One knock-out rule: it matches where ``attribute <holds> value``.

    Attributes
    ----------
    missing : Effect
        The effect of a missing value, which every rule states.
    unscored : bool
        A member that the rule declines is not scored at all (no consent, no score).
    alone : bool
        Where the rule matches no other rule is read or told, neither on the member nor on the
        request.
    detail : Text or None
        What follows the text where it can be filled in: ``{column}`` stands for a value, a date
        where the name ends in ``_on``.
    """

    code: str
    attribute: str
    holds: Operator
    value: float
    missing: Effect
    outcome: Effect
    unscored: bool
    text: Text
    source: str
    detail: Text | None = None
    alone: bool = False

    @property
    def told(self) -> tuple[str, ...]:
        """The columns that the detail names."""
        return tuple(_NAMED.findall(self.detail.zh)) if self.detail else ()


@dataclass(frozen=True)
class Crop:
    """What a mu earns in a year, and its share by calendar month (percent, 12 entries).

    Attributes
    ----------
    net_yuan_per_mu : int
        Gross harvest less inputs.
    gross_yuan_per_mu, inputs_yuan_per_mu : int
        At a normal yield; in a policy before capacity from evidence, the net and 0.
    normal_kg_per_mu : int
        The normal yield; 0 where yields are not compared.
    """

    net_yuan_per_mu: int
    market_percent: tuple[int, ...]
    gross_yuan_per_mu: int
    inputs_yuan_per_mu: int = 0
    normal_kg_per_mu: int = 0


@dataclass(frozen=True)
class GradeTerms:
    """The interest spread and loan cap of a grade of the master scale."""

    grade: str
    pd_at_most: float
    spread_bp: int
    cap_yuan: int


@dataclass(frozen=True)
class ReviewReason:
    """A reviewer's reason for an answer; `answers` is approve, decline or both."""

    code: str
    answers: str
    text: Text

    def justifies(self, answer: str) -> bool:
        """Whether the reason may justify `answer`: approve or decline."""
        return self.answers in (answer, "both")


#: The numbers that code reads, each with its minimum and maximum. These bounds keep every product
#: of `model.decision.income` within 64 bits. A policy may hold more numbers for its rules.
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
#: Numbers that capacity from evidence reads; a policy has all of them or none.
EVIDENCE_NUMBERS: Mapping[str, tuple[int, int]] = {
    "yield_stress_percent": (0, 100),
    "price_stress_percent": (0, 100),
    "unknown_yield_percent": (0, 100),
    "usual_rent_yuan_per_mu": (0, 100_000),
    "living_cost_yuan_per_head": (0, 1_000_000),
    "living_cost_counted_percent": (0, 100),
    "unknown_household_heads": (1, 20),
    "guarantee_share_percent": (0, 100),
    "limit_months": (1, 60),
}
#: Numbers that price a loan's cost; a policy has all of them or none.
COST_NUMBERS: Mapping[str, tuple[int, int]] = {
    "loss_given_default_percent": (0, 100),
    "exposure_at_default_percent": (0, 150),
    "funding_bp": (0, 10_000),
    "handling_bp": (0, 10_000),
    "capital_bp": (0, 10_000),
}
#: Numbers of lines of credit; a policy has all of them or none.
LINE_NUMBERS: Mapping[str, tuple[int, int]] = {
    "line_months": (1, 60),
    "draw_months": (1, 60),
    "arrears_stop_days": (1, 365),
}
#: The evidence of an income, strongest first.
EVIDENCE = ("account", "tax", "contract", "officer_visit", "declared")
#: Groups whose exposure a policy may cap, narrowest first.
CAPPED_GROUPS = ("household", "related", "cooperative", "village")
#: Numbers that a policy may lack, as older ones do; each with its bounds.
OPTIONAL_NUMBERS: Mapping[str, tuple[int, int]] = {
    "least_points_told": (1, 100),
    "interest_elsewhere_percent": (0, 100),
    "visit_valid_days": (1, 731),
}
#: Every number that code reads, with its bounds.
KNOWN_NUMBERS: Mapping[str, tuple[int, int]] = {
    **NUMBERS, **EVIDENCE_NUMBERS, **COST_NUMBERS, **LINE_NUMBERS, **OPTIONAL_NUMBERS,
}  # fmt: skip


def policy_number(name: str, value: object) -> int:
    """Return the number `name` within its bounds; see `integer` for what is raised."""
    return integer(f"number {name}", value, *KNOWN_NUMBERS.get(name, (-(10**9), 10**9)))


def rule_of(spec: Mapping[str, Any], numbers: Mapping[str, int]) -> Rule:
    """Return the rule in `spec`; a text value is the name of a number.

    Raises
    ------
    ContractError
        If a key word is unknown, the value is not a number, or an unscored member is not declined.
    """
    where = f"rule {spec['code']}"
    rule = Rule(
        code=spec["code"],
        attribute=spec["attribute"],
        holds=_choice(where, spec["holds"], get_args(Operator)),
        value=float(_rule_value(where, spec["value"], numbers)),
        missing=_choice(where, spec["missing"], get_args(Effect)),
        # The last effect, pass, would make a rule without effect.
        outcome=_choice(where, spec["outcome"], get_args(Effect)[:-1]),
        unscored=spec.get("unscored", False),
        text=Text(spec["zh"], spec["en"]),
        source=spec["source"],
        detail=_detail(where, spec.get("detail")),
        alone=spec.get("alone", False),
    )
    if not _CODE.fullmatch(str(rule.code)):
        raise ContractError(f"policy.yaml, {where}: a code is written like NO_CONSENT")
    if rule.unscored not in (True, False):
        raise ContractError(f"policy.yaml, {where}: unscored is true or false")
    if rule.alone not in (True, False) or (rule.alone and not rule.unscored):
        raise ContractError(f"policy.yaml, {where}: alone is true or false, and true of unscored")
    # A member without a score must not reach a tier that depends on points.
    if rule.unscored and (rule.outcome != "decline" or rule.missing not in ("decline", "pass")):
        raise ContractError(f"policy.yaml, {where}: an unscored member must be declined")
    return rule


#: Keys of a crop: in a policy of capacity from evidence, and before.
_CROP_KEYS = ("gross_yuan_per_mu", "inputs_yuan_per_mu", "normal_kg_per_mu", "market")
_NET_CROP_KEYS = ("net_yuan_per_mu", "market")


def _detail(where: str, spec: object) -> Text | None:
    if spec is None:
        return None
    entry = checked_mapping(f"{where}, detail", spec, ("zh", "en"))
    if sorted(_NAMED.findall(entry["zh"])) != sorted(_NAMED.findall(entry["en"])):
        raise ContractError(
            f"policy.yaml, {where}: both languages of a detail name the same values"
        )
    return Text(entry["zh"], entry["en"])


def crop_of(name: str, spec: object) -> Crop:
    """Return the crop in `spec`; see `integer` for what is raised."""
    where = f"crop {name}"
    is_gross = isinstance(spec, dict) and "gross_yuan_per_mu" in spec
    entry = checked_mapping(where, spec, _CROP_KEYS if is_gross else _NET_CROP_KEYS)
    months = [str(month) for month in range(1, 13)]
    market = checked_mapping(f"{where}, market", entry["market"], (), months)
    shares = tuple(integer(f"{where}, month {m}", market.get(m, 0), 0, 100) for m in months)
    if sum(shares) != 100:
        raise ContractError(f"policy.yaml, {where}: market shares add up to {sum(shares)}, not 100")
    yuan = {
        key: integer(f"{where}, {key}", value, 0, 1_000_000)
        for key, value in entry.items()
        if key != "market"
    }
    if not is_gross:
        net = yuan["net_yuan_per_mu"]
        return Crop(net, shares, net)
    net = max(yuan["gross_yuan_per_mu"] - yuan["inputs_yuan_per_mu"], 0)
    return Crop(net, shares, **yuan)


def grade_of(spec: object) -> GradeTerms:
    """Return the terms of one grade; see `integer` for what is raised."""
    entry = checked_mapping("grades", spec, ("grade", "pd_at_most", "spread_bp", "cap_yuan"))
    where = f"grade {entry['grade']}"
    ceiling = entry["pd_at_most"]
    if isinstance(ceiling, bool) or not isinstance(ceiling, int | float) or not 0 < ceiling <= 1:
        raise ContractError(f"policy.yaml, {where}: pd_at_most must lie above 0 and up to 1")
    return GradeTerms(
        grade=str(entry["grade"]),
        pd_at_most=float(ceiling),
        spread_bp=integer(f"{where}, spread_bp", entry["spread_bp"], 0, 10_000),
        cap_yuan=integer(f"{where}, cap_yuan", entry["cap_yuan"], 0, 10_000_000),
    )


def review_reason_of(spec: object) -> ReviewReason:
    """Return the reason in `spec`.

    Raises
    ------
    ContractError
        If a key or word is unknown, or the code is not written like one.
    """
    entry = checked_mapping("review_reasons", spec, ("code", "for", "zh", "en"))
    where = f"review reason {entry['code']}"
    if not _CODE.fullmatch(entry["code"]):
        raise ContractError(f"policy.yaml, {where}: a code is written like INCOME_VERIFIED")
    answers = _choice(where, entry["for"], ("approve", "decline", "both"))
    return ReviewReason(entry["code"], answers, Text(entry["zh"], entry["en"]))


def integer(where: str, value: object, minimum: int, maximum: int) -> int:
    """Return `value`, an integer from `minimum` to `maximum`.

    Raises
    ------
    ContractError
        If `value` is anything else; the message names `where`.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise ContractError(
            f"policy.yaml, {where}: {value!r} is not an integer from {minimum} to {maximum}"
        )
    return value


def _choice(where: str, value: object, allowed: tuple[Any, ...]) -> Any:
    if value not in allowed:
        raise ContractError(f"policy.yaml, {where}: {value!r} is not one of {', '.join(allowed)}")
    return value


def _rule_value(where: str, value: object, numbers: Mapping[str, int]) -> int | float:
    if isinstance(value, str) and value in numbers:
        return numbers[value]
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise ContractError(
            f"policy.yaml, {where}: {value!r} is neither a number nor the name of one"
        )
    return value
