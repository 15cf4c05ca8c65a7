"""The rules that matched, in sentences: the fact, or what is missing, and how long to wait."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from model.card.bins import Columns
from model.decision.decision import Decision, KnockOut, Request
from model.explanation.nearest_changes import Basis, Outlook, is_unknown, read_by
from model.explanation.room import above_limit, with_what_keeps_it
from model.policy.policy import Rule
from model.profile.dictionary import Text

#: Attributes that grow with time alone, and the months in their unit.
_GROWING: Mapping[str, int] = {"resident_years": 12, "months_of_history": 1}


def sentence(text: Text) -> Text:
    """Return a clause as a sentence."""
    return Text(f"{text.zh}。", f"{text.en[:1].upper()}{text.en[1:]}.")


#: The rule that compares the amount asked for with the limit.
ABOVE_LIMIT = "AMOUNT_ABOVE_LIMIT"
#: The rule on a capacity that is too small for any loan.
TOO_LITTLE = "NO_REPAYMENT_CAPACITY"


def rule_texts(columns: Columns, decision: Decision, request: Request, basis: Basis) -> list[Text]:
    """Return the sentence of each matched rule, each sentence once."""
    texts = [_text_of(each, decision, request, columns, basis) for each in decision.knock_outs]
    return [sentence(text) for text in dict.fromkeys(texts)]


def _text_of(
    matched: KnockOut, decision: Decision, request: Request, columns: Columns, basis: Basis
) -> Text:
    if matched.code == ABOVE_LIMIT:
        return above_limit(columns, decision, request, basis)
    rules = (*basis.policy.rules, *basis.policy.request_rules)
    rule = next((each for each in rules if each.code == matched.code), None)
    told = _told(matched, rule, columns, basis)
    return with_what_keeps_it(told, columns, basis) if matched.code == TOO_LITTLE else told


def _told(matched: KnockOut, rule: Rule | None, columns: Columns, basis: Basis) -> Text:
    """Return the decision's own sentence, or what is missing where the rule was not judged."""
    if rule is not None and is_unknown(rule, columns):
        return _clause(rule, columns, basis)
    return Text(matched.zh, matched.en)


def blocked_text(
    columns: Columns, matched: Iterable[KnockOut], outlook: Outlook, basis: Basis
) -> Text:
    """Return why no deed raises the tier: what to bring on record, and all that keeps it."""
    rules = [basis.policy.rule(code) for code in outlook.blocked_by]
    own = {each.code: Text(each.zh, each.en) for each in matched}
    unknown = dict.fromkeys(
        _clause(rule, columns, basis) for rule in rules if is_unknown(rule, columns)
    )
    known = dict.fromkeys(
        _waiting(rule, own.get(rule.code, rule.text), columns)
        for rule in rules
        if not is_unknown(rule, columns)
    )
    parts = []
    if unknown:
        zh, en = "；".join(x.zh for x in unknown), "; ".join(x.en for x in unknown)
        parts.append(
            Text(
                f"请补充登记，登记后重新评定：{zh}。",
                f"Please bring this on record, and we assess again: {en}.",
            )
        )
    if known:
        zh, en = "；".join(x.zh for x in known), "; ".join(x.en for x in known)
        parts.append(
            Text(
                f"目前不能提高等级的原因：{zh}。", f"What keeps the tier as it is at present: {en}."
            )
        )
    if outlook.beside:
        beside = [own.get(code, basis.policy.rule(code).text) for code in outlook.beside]
        zh, en = "；".join(x.zh for x in beside), "; ".join(x.en for x in beside)
        parts.append(
            Text(
                f"此外，您自己可以设法解决的：{zh}。",
                f"Besides, what you can see to yourself: {en}.",
            )
        )
    return Text("".join(x.zh for x in parts), " ".join(x.en for x in parts))


def _clause(rule: Rule, columns: Columns, basis: Basis) -> Text:
    """Return what the rule says, or what is missing where it could not be judged."""
    name = read_by(rule)
    if is_unknown(rule, columns) and name in basis.dictionary.attributes:
        return basis.dictionary[name].missing
    return rule.text


def _waiting(rule: Rule, clause: Text, columns: Columns) -> Text:
    """Return the clause, with the months to wait where time alone removes the rule."""
    a_month = _GROWING.get(rule.attribute)
    if a_month is None or rule.holds != "below":
        return clause
    months = math.ceil((rule.value - float(columns[rule.attribute][0])) * a_month)
    unit = "month" if months == 1 else "months"
    return Text(
        f"{clause.zh}（约 {months} 个月后满）",
        f"{clause.en} (until about {months} {unit} from now)",
    )
