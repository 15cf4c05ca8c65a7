"""A decision in plain sentences: the answer, what counted, what is missing, what would help.

Said to the member who asked, in both languages. Points are those of the card, to the point, against
the population's mean; proposals are those of `model.explanation.nearest_changes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from model.card.bins import Columns
from model.card.reasons import points_lost, text_unless_ordinary
from model.card.scorecard import AttributeText, Card
from model.decision.decision import Decision, Request
from model.explanation.nearest_changes import Basis, Lift, Outlook, nearest_changes
from model.explanation.texts import UNITS, change_text, value_text
from model.profile.dictionary import Text


@dataclass(frozen=True)
class Counted:
    """One attribute that counted: `points` more (or, negative, fewer) than the mean has."""

    attribute: str
    points: int
    is_missing: bool
    text: Text


@dataclass(frozen=True)
class Proposal:
    """What would lift the tier, and to which."""

    lift: Lift
    text: Text


@dataclass(frozen=True)
class Explanation:
    """A decision explained.

    Attributes
    ----------
    answer, standing : Text
        The outcome; the points beside the mean's and the cut-offs (None where no score was made).
    counted : tuple of Counted
        Every attribute whose points differ from the mean's, strongest effect first; together they
        are the whole difference.
    missing : tuple of Text
        What the archive does not know of the member.
    rules : tuple of Text
        Every rule that matched.
    proposals : tuple of Proposal
        The nearest changes in the member's own power.
    no_proposal : Text or None
        Why there is none.
    """

    answer: Text
    standing: Text | None
    counted: tuple[Counted, ...]
    missing: tuple[Text, ...]
    rules: tuple[Text, ...]
    proposals: tuple[Proposal, ...]
    no_proposal: Text | None
    rights: Text


def explain(columns: Columns, made: Decision, asked: Request, basis: Basis) -> Explanation:
    """Explain what was `made` of a request.

    Parameters
    ----------
    columns
        The profile the decision was made from, arrays of shape (1,).

    Raises
    ------
    KeyError
        If the profile lacks an attribute that the policy or the card reads.
    """
    is_scored = made.points is not None
    counted = _counted(columns, basis) if is_scored else ()
    outlook = nearest_changes(columns, basis)
    return Explanation(
        answer=_answer(made, asked),
        standing=_standing(made.points, basis) if made.points is not None else None,
        counted=tuple(each for each in counted if each.points),
        missing=tuple(
            # Several attributes may be missing for one and the same reason: told once.
            dict.fromkeys(
                basis.card.wording[each.attribute].missing for each in counted if each.is_missing
            )
        ),
        rules=tuple(Text(rule.zh, rule.en) for rule in made.knock_outs),
        proposals=tuple(_proposal(columns, lift, basis) for lift in outlook.lifts),
        no_proposal=None if outlook.lifts else _no_proposal(made, outlook, basis),
        rights=_RIGHTS[made.outcome],
    )


def _answer(made: Decision, asked: Request) -> Text:
    offer = _OFFERS[made.outcome]
    words: Mapping[str, object] = {
        "amount": f"{asked.amount_yuan:,}",
        "months": asked.months,
        "limit": f"{made.limit_yuan:,}",
    }
    return Text(offer.zh.format(**words), offer.en.format(**words))


_OFFERS: Mapping[str, Text] = {
    "APPROVE": Text(
        "您申请的 {amount} 元、{months} 个月的贷款可以发放，您的可贷额度为 {limit} 元。",
        "The loan of {amount} yuan over {months} months you asked for can be paid out;"
        " you may borrow up to {limit} yuan.",
    ),
    "REFER": Text(
        "您申请的 {amount} 元、{months} 个月的贷款需由工作人员当面核实后答复。",
        "A person will look at your request for {amount} yuan over {months} months before it is"
        " answered.",
    ),
    "DECLINE": Text(
        "您申请的 {amount} 元、{months} 个月的贷款目前不能发放。",
        "The loan of {amount} yuan over {months} months you asked for cannot be paid out now.",
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
        "You may see and correct your records, or withdraw your consent, at any time.",
    ),
    "REFER": _ASK_REVIEW,
    "DECLINE": _ASK_REVIEW,
}


def _standing(points: int, basis: Basis) -> Text:
    mean = basis.card.base + int(basis.card.references.sum())
    first, second = basis.policy.tiers["FIRST"], basis.policy.tiers["SECOND"]
    return Text(
        f"我们按您的记录计分：您有 {points} 分，一般会员有 {mean} 分；满 {first} 分可直接发放，"
        f"满 {second} 分由工作人员核实后发放。",
        f"Your records are counted in points: you have {points}, a member with average records has"
        f" {mean}; {first} are enough for a loan at once, {second} for one after a visit.",
    )


def _counted(columns: Columns, basis: Basis) -> tuple[Counted, ...]:
    card = basis.card
    codes = card.codes(columns)
    gained = -points_lost(card, card.points_by_attribute(codes))[0]
    found = [
        _one_counted(card, name, int(gained[i]), _told(columns, name, int(codes[name][0]), basis))
        for i, name in enumerate(card.attributes)
    ]
    return tuple(sorted(found, key=lambda each: -abs(each.points)))


@dataclass(frozen=True)
class _Told:
    """What is said of a value: `fact` is set where it is no ordinary one, `value` where it is."""

    fact: Text | None
    value: Text | None


def _told(columns: Columns, name: str, code: int, basis: Basis) -> _Told:
    fact = text_unless_ordinary(basis.card, name, code)
    known = next((each for each in basis.dictionary if each.name == name), None)
    if fact or known is None or known.unit not in UNITS or name not in columns:
        return _Told(fact, None)
    return _Told(None, value_text(known, float(columns[name][0])))


def _one_counted(card: Card, name: str, points: int, said: _Told) -> Counted:
    """Return one attribute with its sentence."""
    size, is_missing = abs(points), said.fact is card.wording[name].missing
    weight = next(words for least, words in _WEIGHTS if size >= card.scaling.pdo * least)
    subject = _subject(card.wording[name], points, said)
    more = Text("多", "more") if points >= 0 else Text("少", "fewer")
    unit = "point" if size == 1 else "points"
    text = Text(
        f"{subject.zh}：比一般会员{more.zh} {size} 分，{weight.zh}。",
        f"{subject.en[:1].upper()}{subject.en[1:]}: {size} {unit} {more.en} than the average,"
        f" {weight.en}.",
    )
    return Counted(name, points, is_missing, text)


def _subject(wording: AttributeText, points: int, said: _Told) -> Text:
    """Return what is spoken of: why it is missing, what speaks for the member, or what against."""
    label, fact = wording.label, said.fact
    if fact is wording.missing:
        return Text(f"{fact.zh}（“{label.zh}”）", f"{fact.en} (“{label.en}”)")
    if fact:
        return fact
    zh, en = (f"（{said.value.zh}）", f" ({said.value.en})") if said.value else ("", "")
    if points >= 0:
        return Text(f"“{label.zh}”{zh}对您有利", f"“{label.en}”{en} speaks for you")
    return Text(f"{wording.reason.zh}{zh}", f"{wording.reason.en}{en}")


#: From which share of the points that double the odds an effect is called so.
_WEIGHTS = (
    (1.0, Text("影响很大", "a strong effect")),
    (0.4, Text("影响较大", "a clear effect")),
    (0.0, Text("影响较小", "a slight effect")),
)

_TIERS: Mapping[str, Text] = {
    "FIRST": Text("一级（可直接发放）", "the first tier (paid out at once)"),
    "SECOND": Text(
        "二级（由工作人员核实后发放）", "the second tier (paid out after a person has verified)"
    ),
    "THIRD": Text("三级", "the third tier"),
}


def _proposal(columns: Columns, lift: Lift, basis: Basis) -> Proposal:
    parts = [
        change_text(basis.dictionary[change.attribute], change, float(columns[change.attribute][0]))
        for change in lift.changes
    ]
    tier = _TIERS[lift.tier]
    return Proposal(
        lift,
        Text(
            f"若{'，并且'.join(part.zh for part in parts)}，其他不变，您将进入{tier.zh}。",
            f"With {', and '.join(part.en for part in parts)}, and nothing else changed, you would"
            f" be in {tier.en}.",
        ),
    )


def _no_proposal(made: Decision, outlook: Outlook, basis: Basis) -> Text:
    if outlook.target is None:
        return _UNSCORED if made.points is None else _HIGHEST
    if outlook.blocked_by:
        rules = [basis.policy.rule(code).text for code in outlook.blocked_by]
        return Text(
            f"目前您自己无法改变的情况是：{'；'.join(rule.zh for rule in rules)}。",
            "What stands in the way is not yours to change now:"
            f" {'; '.join(rule.en for rule in rules)}.",
        )
    return _NOTHING_NEAR


_UNSCORED = Text(
    "没有您的有效授权，我们不会为您评分。您可以随时给予授权，之后再提出申请。",
    "Without your consent no points are counted. You may give it at any time and then ask again.",
)
_HIGHEST = Text("您已在一级，没有更高的等级。", "You are in the first tier; there is none above.")
_NOTHING_NEAR = Text(
    "就您现有的往来和种植而言，您自己改变任何一项或两项都还不足以提高等级；请向工作人员了解。",
    "Of what you do already and can change, no one thing and no two together would lift the tier"
    " yet; ask a colleague of ours what else there is.",
)
