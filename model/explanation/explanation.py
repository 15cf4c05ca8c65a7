"""A decision in plain sentences: the answer, what counted, what is missing, what would help.

The sentences address the member who made the request, in both languages. Points are exactly those
of the card, compared with the population's mean. Proposals come from
`model.explanation.nearest_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.card.bins import Columns
from model.card.reasons import points_lost, text_unless_ordinary
from model.card.scorecard import AttributeText, Card
from model.decision.decision import Decision, Request
from model.explanation.nearest_changes import Basis, Improvement, Outlook, nearest_changes
from model.explanation.texts import UNITS, change_text, value_text
from model.profile.dictionary import Text


@dataclass(frozen=True)
class Contribution:
    """One attribute's `points` above (or, negative, below) the mean, with its sentence."""

    attribute: str
    points: int
    is_missing: bool
    text: Text


@dataclass(frozen=True)
class Proposal:
    """Changes that would raise the tier, and their sentence."""

    improvement: Improvement
    text: Text


@dataclass(frozen=True)
class Explanation:
    """A decision explained.

    Attributes
    ----------
    answer, standing : Text
        The outcome; the points beside the mean and the cut-offs (None without a score).
    counted : tuple of Contribution
        Every attribute whose points differ from the mean, strongest effect first; together they
        are the whole difference.
    missing : tuple of Text
        What the archive does not know of the member.
    rules : tuple of Text
        Every rule that matched.
    proposals : tuple of Proposal
        The nearest changes that the member can make.
    no_proposal : Text or None
        Why there is none.
    """

    answer: Text
    standing: Text | None
    counted: tuple[Contribution, ...]
    missing: tuple[Text, ...]
    rules: tuple[Text, ...]
    proposals: tuple[Proposal, ...]
    no_proposal: Text | None
    rights: Text


def explain(columns: Columns, decision: Decision, request: Request, basis: Basis) -> Explanation:
    """Explain the `decision` on a request.

    Parameters
    ----------
    columns
        The profile that the decision was made from, arrays of shape (1,).

    Raises
    ------
    KeyError
        If the profile lacks an attribute that the policy or the card reads.
    """
    counted = _contributions(columns, basis) if decision.points is not None else ()
    outlook = nearest_changes(columns, basis)
    return Explanation(
        answer=_answer(decision, request),
        standing=None if decision.points is None else _standing(decision.points, basis),
        counted=tuple(each for each in counted if each.points),
        missing=tuple(
            # Several attributes may be missing for the same reason; name it once.
            dict.fromkeys(
                basis.card.wording[each.attribute].missing for each in counted if each.is_missing
            )
        ),
        rules=tuple(Text(rule.zh, rule.en) for rule in decision.knock_outs),
        proposals=tuple(_proposal(columns, each, basis) for each in outlook.improvements),
        no_proposal=None if outlook.improvements else _no_proposal(decision, outlook, basis),
        rights=_RIGHTS[decision.outcome],
    )


_ANSWERS: Mapping[str, Text] = {
    "APPROVE": Text(
        "您申请的 {amount} 元、{months} 个月的贷款可以发放，您的可贷额度为 {limit} 元。",
        "We can pay out the loan of {amount} yuan over {months} months that you applied for. Your"
        " credit limit is {limit} yuan.",
    ),
    "REFER": Text(
        "您申请的 {amount} 元、{months} 个月的贷款需由工作人员当面核实后答复。",
        "A member of our staff will review your application for {amount} yuan over {months} months"
        " before we answer it.",
    ),
    "DECLINE": Text(
        "您申请的 {amount} 元、{months} 个月的贷款目前不能发放。",
        "We cannot pay out the loan of {amount} yuan over {months} months that you applied for at"
        " present.",
    ),
}

_ASK_REVIEW = Text(
    "这是由规则和评分自动得出的答复。您有权要求由工作人员重新审核，也可以要求更正有误的记录。",
    "This answer came from rules and points alone. You have the right to have a person review it,"
    " and to have wrong records corrected.",
)
_RIGHTS: Mapping[str, Text] = {
    "APPROVE": Text(
        "您可以随时查看、更正您的记录，或撤回授权。",
        "You may view and correct your records, or withdraw your consent, at any time.",
    ),
    "REFER": _ASK_REVIEW,
    "DECLINE": _ASK_REVIEW,
}


def _answer(decision: Decision, request: Request) -> Text:
    answer = _ANSWERS[decision.outcome]
    fields: Mapping[str, object] = {
        "amount": f"{request.amount_yuan:,}",
        "months": request.months,
        "limit": f"{decision.limit_yuan:,}",
    }
    return Text(answer.zh.format(**fields), answer.en.format(**fields))


def _standing(points: int, basis: Basis) -> Text:
    mean = basis.card.base + int(basis.card.references.sum())
    first, second = basis.policy.tiers["FIRST"], basis.policy.tiers["SECOND"]
    return Text(
        f"我们按您的记录计分：您有 {points} 分，一般会员有 {mean} 分；满 {first} 分可直接发放，"
        f"满 {second} 分由工作人员核实后发放。",
        f"We score your records: you have {points} points, an average member has {mean}. A loan is"
        f" paid out at once from {first} points, and after a review by our staff from {second}.",
    )


def _contributions(columns: Columns, basis: Basis) -> tuple[Contribution, ...]:
    card = basis.card
    codes = card.codes(columns)
    gained = -points_lost(card, card.points_by_attribute(codes))[0]
    contributions = [
        _contribution(card, name, int(gained[i]), _value(columns, name, int(codes[name][0]), basis))
        for i, name in enumerate(card.attributes)
    ]
    return tuple(sorted(contributions, key=lambda each: -abs(each.points)))


@dataclass(frozen=True)
class _Value:
    """A value in words: `special` for a missing or implausible one, else `ordinary` if known."""

    special: Text | None
    ordinary: Text | None


def _value(columns: Columns, name: str, code: int, basis: Basis) -> _Value:
    special = text_unless_ordinary(basis.card, name, code)
    attribute = next((each for each in basis.dictionary if each.name == name), None)
    if special or attribute is None or attribute.unit not in UNITS or name not in columns:
        return _Value(special, None)
    return _Value(None, value_text(attribute, float(columns[name][0])))


#: Smallest share of the points that double the odds, and the name of such an effect.
_EFFECTS = (
    (1.0, Text("影响很大", "a strong effect")),
    (0.4, Text("影响较大", "a clear effect")),
    (0.0, Text("影响较小", "a slight effect")),
)


def _contribution(card: Card, name: str, points: int, value: _Value) -> Contribution:
    size, is_missing = abs(points), value.special is card.wording[name].missing
    effect = next(text for share, text in _EFFECTS if size >= card.scaling.pdo * share)
    subject = _subject(card.wording[name], points, value)
    more = Text("多", "more") if points >= 0 else Text("少", "fewer")
    unit = "point" if size == 1 else "points"
    text = Text(
        f"{subject.zh}：比一般会员{more.zh} {size} 分，{effect.zh}。",
        f"{subject.en[:1].upper()}{subject.en[1:]}: {size} {unit} {more.en} than the average,"
        f" {effect.en}.",
    )
    return Contribution(name, points, is_missing, text)


def _subject(wording: AttributeText, points: int, value: _Value) -> Text:
    """Return the subject: why the value is missing, or what speaks for or against the member."""
    label, special = wording.label, value.special
    if special is wording.missing:
        return Text(f"{special.zh}（“{label.zh}”）", f"{special.en} (“{label.en}”)")
    if special:
        return special
    own = value.ordinary
    zh, en = (f"（{own.zh}）", f" ({own.en})") if own else ("", "")
    if points >= 0:
        return Text(f"“{label.zh}”{zh}对您有利", f"“{label.en}”{en} counts in your favour")
    return Text(f"{wording.reason.zh}{zh}", f"{wording.reason.en}{en}")


_TIERS: Mapping[str, Text] = {
    "FIRST": Text("一级（可直接发放）", "the first tier (paid out at once)"),
    "SECOND": Text(
        "二级（由工作人员核实后发放）", "the second tier (paid out after a review by our staff)"
    ),
    "THIRD": Text("三级", "the third tier"),
}


def _proposal(columns: Columns, improvement: Improvement, basis: Basis) -> Proposal:
    parts = [
        change_text(basis.dictionary[change.attribute], change, float(columns[change.attribute][0]))
        for change in improvement.changes
    ]
    tier = _TIERS[improvement.tier]
    return Proposal(
        improvement,
        Text(
            f"若{'，并且'.join(part.zh for part in parts)}，其他情况不变，您将进入{tier.zh}。",
            f"With {', and '.join(part.en for part in parts)}, and everything else unchanged, you"
            f" would be in {tier.en}.",
        ),
    )


def _no_proposal(decision: Decision, outlook: Outlook, basis: Basis) -> Text:
    if outlook.target is None:
        return _UNSCORED if decision.points is None else _HIGHEST
    if outlook.blocked_by:
        rules = [basis.policy.rule(code).text for code in outlook.blocked_by]
        return Text(
            f"目前您无法自行改变的情况：{'；'.join(rule.zh for rule in rules)}。",
            f"You cannot change the following at present: {'; '.join(rule.en for rule in rules)}.",
        )
    return _NOTHING_NEAR


_UNSCORED = Text(
    "没有您的有效授权，我们不会为您评分。您可以随时授权，之后再提出申请。",
    "Without your consent we do not score you. You may give it at any time and then apply again.",
)
_HIGHEST = Text("您已在一级，没有更高的等级。", "You are in the first tier, which is the highest.")
_NOTHING_NEAR = Text(
    "就您现有的往来和种植情况，您自行改变任何一项或两项都不足以提高等级，详情请咨询工作人员。",
    "No one or two changes to your present activities would raise your tier yet; please ask our"
    " staff what else is possible.",
)
