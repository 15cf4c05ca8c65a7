"""A decision in plain sentences: the answer, what counted, what is missing, what would help.

The sentences address the member who made the request, in both languages. Points are exactly those
of the card, compared with the population's mean. What counted: `model.explanation.sentences`;
proposals: `model.explanation.nearest_changes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from model.card.bins import Columns
from model.decision.concern import is_of_fields, works_no_fields
from model.decision.decision import Decision, Request
from model.decision.whitelist import LEAST_POINTS_TOLD
from model.explanation.answers import Since, answer_text, rights_text
from model.explanation.nearest_changes import Basis, Improvement, Outlook, nearest_changes
from model.explanation.other_requests import better_requests
from model.explanation.rules import blocked_text, rule_texts, sentence
from model.explanation.sentences import (
    LAST_LOAN,
    Contribution,
    cannot_apply,
    contributions,
    is_unknown,
)
from model.explanation.told import Rest, rest_of, told_lines
from model.profile.dictionary import Text

#: Points from which a line is told under a policy that does not say.
_LEAST_POINTS = 2


@dataclass(frozen=True)
class Proposal:
    """Deeds that would raise the tier, and their sentence."""

    improvement: Improvement
    text: Text


@dataclass(frozen=True)
class Explanation:
    """A decision explained.

    Attributes
    ----------
    answer, standing : Text
        The answer as it stands; the points beside the mean and the cut-offs (None without a score).
    counted : tuple of Contribution
        What mattered most, at most `MAX_LINES`; see `told_lines`.
    rest : Rest or None
        What else moved the points; with `counted` it is the whole difference from the mean.
    missing : tuple of Text
        What the archive does not know of the member, unless `counted` says it.
    rules : tuple of Text
        Every rule that matched.
    alternatives : tuple of Text
        Requests that would be answered better.
    proposals : tuple of Proposal
        The nearest deeds of the member that raise the tier.
    no_proposal : Text or None
        Why there is none.
    """

    answer: Text
    standing: Text | None
    counted: tuple[Contribution, ...]
    rest: Rest | None
    missing: tuple[Text, ...]
    rules: tuple[Text, ...]
    alternatives: tuple[Text, ...]
    proposals: tuple[Proposal, ...]
    no_proposal: Text | None
    rights: Text


def explain(
    columns: Columns,
    decision: Decision,
    request: Request,
    basis: Basis,
    since: Since | None = None,
    *,
    is_asked: bool = True,
    is_ruled: bool = False,
) -> Explanation:
    """Explain the `decision` on a request.

    Parameters
    ----------
    columns
        The profile that the decision was made from, arrays of shape (1,).
    since
        What has become of the automatic answer; None if it stands.
    is_asked
        Whether somebody asked for this amount and term; else no better request is looked for,
        which costs a decision for each that is tried.
    is_ruled
        Whether a person's earlier ruling binds, so that a person answers whatever is asked.

    Raises
    ------
    KeyError
        If the profile lacks an attribute that the policy or the card reads.
    """
    is_scored = decision.points is not None
    every = contributions(columns, basis.card, basis.dictionary) if is_scored else []
    concern = [
        each
        for each in every
        if each.points > 0 or all(_concerns(name, columns, basis) for name in each.attributes)
    ]
    counted = told_lines(
        concern,
        basis.policy.numbers.get(LEAST_POINTS_TOLD, _LEAST_POINTS),
        carries=(decision.points or 0) >= basis.policy.tiers["FIRST"],
    )
    missing = _missing(columns, counted, basis) if is_scored else ()
    rules = tuple(rule_texts(columns, decision, request, basis))
    outlook = nearest_changes(columns, basis)
    others: tuple[Text, ...] = ()
    if is_asked and since is None:
        others = better_requests(columns, decision, request, basis, is_ruled=is_ruled)
    return Explanation(
        answer=answer_text(decision, request, since),
        standing=None if decision.points is None else _standing(decision.points, basis),
        counted=counted,
        rest=rest_of([each for each in every if each not in counted]),
        missing=tuple(each for each in missing if each not in rules),
        rules=rules,
        alternatives=others,
        proposals=tuple(_proposal(each) for each in outlook.improvements),
        no_proposal=None
        if outlook.improvements
        else _no_proposal(columns, decision, outlook, basis, since),
        rights=rights_text(decision, since),
    )


def _standing(points: int, basis: Basis) -> Text:
    mean = basis.card.base + int(basis.card.references.sum())
    first, second = basis.policy.tiers["FIRST"], basis.policy.tiers["SECOND"]
    return Text(
        f"我们按您的记录计分：您有 {points} 分，一般会员有 {mean} 分；"
        f"仅看分数，满 {first} 分可直接发放，满 {second} 分由工作人员核实后发放。",
        f"We score your records: you have {points} points, an average member has {mean}. By"
        f" points alone, a loan is paid out at once from {first}, and after a review by our staff"
        f" from {second}.",
    )


#: Occupations that work no fields of their own: missing fields say nothing about them.
_WITHOUT_FIELDS = ("livestock", "trader", "services")


def _missing(columns: Columns, counted: Iterable[Contribution], basis: Basis) -> Iterator[Text]:
    """Yield each missing record once, with a full stop, unless a line already says it."""
    card, codes = basis.card, basis.card.codes(columns)
    said = [each.cause for each in counted if each.cause]
    missing = (n for n in card.attributes if codes[n][0] == card.bins[n].missing)
    own = (name for name in missing if _concerns(name, columns, basis))
    texts = [_missing_text(_root(name, columns, basis), basis) for name in own]
    # Two attributes may lack the same record in the same words of one language.
    once = {text.zh: text for text in reversed(texts)}
    different = list(dict.fromkeys(once[each.zh] for each in texts))
    broader, heard = [*different, *said], {_plain(each) for each in said}
    for text in different:
        if _plain(text) not in heard and not any(_follows(text, each) for each in broader):
            yield sentence(text)


def _plain(text: Text) -> str:
    """Return the Chinese without "yet", which changes nothing of what is missing."""
    return text.zh.removeprefix("还")


def _follows(text: Text, broader: Text) -> bool:
    """Return whether `broader` says the same of all time: who never repaid did not lately."""
    return text.zh != broader.zh and text.zh.endswith(broader.zh)


def _root(name: str, columns: Columns, basis: Basis) -> str:
    """Return the attribute that says why `name` is missing: who never borrowed lacks one record."""
    known = basis.dictionary.attributes
    if name in known and LAST_LOAN in known and cannot_apply(known[name], columns):
        return LAST_LOAN
    other = known[name].missing_with if name in known else None
    if other is not None and other in columns and is_unknown(other, columns):
        return _root(other, columns, basis)
    return name


def _missing_text(name: str, basis: Basis) -> Text:
    known = basis.dictionary.attributes.get(name)
    return known.missing if known else basis.card.wording[name].missing


def _concerns(name: str, columns: Columns, basis: Basis) -> bool:
    """Return whether the member could have a record; who works no fields has none of fields."""
    return not (is_of_fields(name) and works_no_fields(columns, basis.policy)[0])


_TIERS: Mapping[str, Text] = {
    "FIRST": Text("一级（可直接发放）", "the first tier (paid out at once)"),
    "SECOND": Text(
        "二级（由工作人员核实后发放）", "the second tier (paid out after a review by our staff)"
    ),
    "THIRD": Text("三级", "the third tier"),
}


def _proposal(improvement: Improvement) -> Proposal:
    tier, months = _TIERS[improvement.tier], improvement.months
    clauses = (deed.text.zh for deed in improvement.deeds)
    zh = "，并且".join(f" {clause}" if clause[:1].isascii() else clause for clause in clauses)
    en = ", and ".join(deed.text.en for deed in improvement.deeds)
    after = "1 month" if months == 1 else f"{months} months"
    return Proposal(
        improvement,
        Text(
            f"若{zh}，其他情况不变，约 {months} 个月后您将进入{tier.zh}。",
            f"If {en}, and everything else stays as it is, you would be in {tier.en} after about"
            f" {after}.",
        ),
    )


def _no_proposal(
    columns: Columns, decision: Decision, outlook: Outlook, basis: Basis, since: Since | None
) -> Text:
    if outlook.target is None:
        if decision.points is None:
            return _UNSCORED
        return _BY_A_PERSON if since and since.standing == "REVIEWED_DECLINE" else _HIGHEST
    if outlook.blocked_by:
        return blocked_text(columns, decision.knock_outs, outlook, basis)
    if outlook.to_clear:
        return _first_clear(outlook)
    if outlook.owes_elsewhere:
        return _debts_elsewhere(outlook.target)
    return _evidence(outlook.target) if outlook.lacks_evidence else _NOTHING_NEAR


def _first_clear(outlook: Outlook) -> Text:
    zh = "，并且".join(f" {deed.text.zh}" for deed in outlook.to_clear)
    en = ", and ".join(deed.text.en for deed in outlook.to_clear)
    return Text(
        f"若{zh}，从办结之日起还要满 24 个月，才能重新评定贷款。",
        f"If {en}, another 24 months must pass from that day before we assess a loan again.",
    )


def _debts_elsewhere(target: str) -> Text:
    tier = _TIERS[target]
    return Text(
        f"您的分数已够{tier.zh}，差的是还款能力：收入要先还他行贷款、承担对外担保。还清或解除后，"
        "凭一年内的征信报告重新评定；也可以补充合同、工资流水等有据可查的收入。",
        f"Your points suffice for {tier.en}; what is missing is room beside your loans and"
        " guarantees elsewhere, which come out of your income first. Once they are repaid or ended"
        " and a credit report says so, we assess again; you may also bring evidence of more"
        " income, such as a contract or a record of wages.",
    )


def _evidence(target: str) -> Text:
    tier = _TIERS[target]
    return Text(
        f"您的分数已够{tier.zh}，差的是有据可查的收入。您可以提供劳动或经营合同、工资流水、完税证明，"
        "也可以请工作人员上门核实收入和收成；登记后重新评定。",
        f"Your points suffice for {tier.en}; what is missing is income with evidence. You may bring"
        " a contract of work or business, a record of wages or a tax paper, or ask our staff to"
        " visit and confirm income and harvest; once that is on record we assess again.",
    )


_UNSCORED = Text(
    "没有您的有效授权，我们不会为您评分。您可以随时授权，之后再提出申请。",
    "Without your consent we do not score you. You may give it at any time and then apply again.",
)
_HIGHEST = Text("您已在一级，没有更高的等级。", "You are in the first tier, which is the highest.")
_BY_A_PERSON = Text(
    "您的记录已达一级；不予发放是工作人员核实后的决定。",
    "Your records reach the first tier; the decline is our staff's decision.",
)
_NOTHING_NEAR = Text(
    "在您自己能做的事情中，做到一件或两件都还不足以提高等级，详情请咨询工作人员。",
    "Of what you can do yourself, no one or two things would raise your tier yet; please ask our"
    " staff what else is possible.",
)
