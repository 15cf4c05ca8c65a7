"""Rules that hold a sentence about a member against the member's profile and the card.

They read the words and look the facts up themselves, by the card's points; they share no code with
what wrote the sentences but the dictionary's labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from model.card.bins import Columns
from model.card.scorecard import Card
from model.explanation.explanation import Explanation
from model.explanation.sentences import Contribution
from model.profile.dictionary import Attribute, Dictionary, Text

QUOTES = re.compile('[“”"「」『』‘’]')
NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
#: What a loss may say, by the side on which better values lie.
BETTER_ABOVE = re.compile(
    r"未达到|少于|短于|低于|below|fewer|less time|shorter|more recent(?:ly)? than", re.I
)
BETTER_BELOW = re.compile(r"高于|多于|长于|晚于|above|more (?!recent)|longer|later", re.IGNORECASE)
NONE_OF_IT = re.compile(r"没有|为零|\bno\b|\bnone\b|\bnobody\b|\bzero\b", re.IGNORECASE)
GRADES = {"优": 4, "良": 3, "中": 2, "差": 1, "excellent": 4, "good": 3, "fair": 2, "poor": 1}
DEPOSIT = re.compile(r"存款|储蓄|存入|日均|deposit|savings|average balance|QR|扫码|保险|insur")
#: What a member can bring to none.
ENDED = ("late_bills_6m", "bureau_queries_6m", "lease_ending_share")
TAKES = re.compile(r"约 (\d+) 个月可达到|takes about (\d+) months?")
TIME = re.compile(r"\d+ (个月|months?)")
FRACTION_OF_YUAN = re.compile(r"\d\.\d+ (元|yuan)")


def flaws_of_text(text: Text) -> Iterator[str]:
    """Yield what no text may have, whatever it says."""
    for lang in (text.zh, text.en):
        if QUOTES.search(lang):
            yield f"quotes: {lang}"
        if FRACTION_OF_YUAN.search(lang):
            yield f"a fraction of a yuan: {lang}"
        if re.search(r"\bnan\b|None(?! of )|\binf\b|[{}]", lang):
            yield f"a gap: {lang}"


def flaws_of_line(
    line: Contribution, columns: Columns, card: Card, dictionary: Dictionary
) -> Iterator[str]:
    """Yield what is false in the sentence of one contribution."""
    yield from flaws_of_text(line.text)
    for text in (line.text.zh, line.text.en):
        told = re.search(r"(\d+) (?:分|points?)", text)
        points = int(told[1]) if told else 0
        sign = 1 if re.search("比一般会员多|more than the average", text) else -1
        if sign * points != line.points:
            yield f"{line.points} points told otherwise: {text}"
        for name in line.attributes:
            yield from flaws_about(name, line, text, columns, card, dictionary)


def flaws_about(
    name: str, line: Contribution, text: str, columns: Columns, card: Card, dictionary: Dictionary
) -> Iterator[str]:
    """Yield what `text` says falsely of the attribute `name`."""
    value, attribute = float(columns[name][0]), dictionary[name]
    assert attribute.minimum is not None
    assert attribute.maximum is not None
    in_range = attribute.minimum <= value <= attribute.maximum
    if np.isnan(value):
        if len(line.attributes) == 1 and not line.is_missing:
            yield f"{name} is missing and told as known: {text}"
        return
    if line.is_missing:
        yield f"{name} is {value} and told as missing: {text}"
    if not in_range:
        if not re.search("超出合理范围|plausible range", text):
            yield f"{name} is implausible: {text}"
        return
    if len(line.attributes) > 1 or line.points > 0:
        label = attribute.label.zh if re.search("[一-鿿]", text) else attribute.label.en
        if label.casefold() not in text.casefold():
            yield f"{name} is not named: {text}"
        shown = re.search(re.escape(label) + r"[（ ]\(?([^）)]*)[）)]", text, re.I)
        yield from flaws_of_value(shown[1] if shown else "", value, attribute, text)
        return
    yield from flaws_of_loss(name, value, text, columns, card, attribute)


def flaws_of_loss(
    name: str, value: float, text: str, columns: Columns, card: Card, attribute: Attribute
) -> Iterator[str]:
    """Yield what is false in the sentence on one attribute's loss."""
    own = points_at(card, name)
    detail = re.findall(r"[（(]([^（(]*?)[）)][：:]", text)
    better = own(value) < own.best
    if not better:
        if not re.search("没有这项记录|without such a record", text):
            yield f"{name} scores best and is told as worse: {text}"
        return
    parts = re.split("[，;]", detail[-1]) if detail else []
    best = [p for p in parts if re.search("最有利|best:", p)]
    if value == 0 and attribute.none:
        if not NONE_OF_IT.search(text.split("（")[0].split(" (")[0]):
            yield f"{name} is 0: {text}"
    else:
        head = text[: text.rfind(detail[-1])] if detail else text
        nearest = min(own.best_values, key=lambda each: abs(each - value))
        expected, other = (
            (BETTER_ABOVE, BETTER_BELOW) if nearest > value else (BETTER_BELOW, BETTER_ABOVE)
        )
        if not expected.search(head) or other.search(head):
            yield f"{name} is {value}, better at {nearest}: {text}"
        yield from flaws_of_value(parts[0] if parts else "", value, attribute, text)
    if attribute.deposit and best:
        yield f"a deposit is asked for: {text}"
    for part in best:
        yield from flaws_of_best(part, own, attribute, text)
    yield from flaws_of_reach(bool(best), value, own, attribute, text)


def flaws_of_reach(
    told: bool, value: float, own: points_at, attribute: Attribute, text: str
) -> Iterator[str]:
    """Yield whether a best range is told that the member cannot reach, or undated, or held back."""
    reached = [each for each in in_reach(attribute.name, value, own) if own(each) == own.best]
    if told != bool(reached):
        yield f"best told {told}, in reach {reached}: {text}"
    if told:
        takes = TAKES.search(text)
        months = next((each for each in takes.groups() if each), "") if takes else ""
        if months != str(attribute.within_months):
            yield f"{attribute.within_months} months told as {months}: {text}"


def in_reach(name: str, value: float, own: points_at) -> list[float]:
    """Return the values that a member can bring about, for each attribute that has any."""
    if name == "trainings_24m":
        return [float(each) for each in range(int(value) + 1, 5)]
    if name == "balance_outstanding":
        return [each for each in np.arange(100.0, value, 100.0) if own(each) == own.best][:1]
    return {"bills_on_time_share_12m": [1.0]}.get(name, [0.0] if name in ENDED else [])


def flaws_of_value(shown: str, value: float, attribute: Attribute, text: str) -> Iterator[str]:
    """Yield whether the words `shown` are not `value` in the words of the form."""
    if attribute.unit == "grade":
        if GRADES.get(shown.strip()) != value:
            yield f"grade {value} told as {shown}: {text}"
        return
    found = NUMBER.search(shown)
    if is_signed(attribute) and value == 0:
        if not re.search("当天|on the day", shown):
            yield f"0 days told as {shown}: {text}"
        return
    if attribute.unit == "change" and value >= 1:
        return
    if found is None:
        yield f"{value} is not told: {text}"
        return
    number, exact = signed(found, shown, attribute), as_people_say(value, attribute)
    decimals = len(found[0].split(".")[1]) if "." in found[0] else 0
    if abs(number - exact) > 1.0 * 10**-decimals:
        yield f"{exact} told as {number}: {text}"
    if attribute.unit in ("share", "ratio") and abs(exact) < 1e-9 and number != 0:
        yield f"zero told as {number}: {text}"


def flaws_of_best(part: str, own: points_at, attribute: Attribute, text: str) -> Iterator[str]:
    """Yield whether a value that fits the words of the best range does not score best."""
    if attribute.unit == "grade":
        grades = [g for word, g in GRADES.items() if re.search(rf"{word}\b|{word}", part)]
        if not grades or any(own(float(g)) < own.best for g in grades):
            yield f"not the best grade: {text}"
        return
    if is_signed(attribute):
        yield from flaws_of_best_days(part, own, text)
        return
    numbers = [float(n.replace(",", "")) for n in NUMBER.findall(part)]
    is_below = re.search("不到|below", part) and len(numbers) == 1
    tried = numbers[-1] - 1e-6 * max(1, abs(numbers[-1])) if is_below else numbers[0]
    if own(as_profile_holds(tried, attribute)) < own.best:
        yield f"{tried} does not score best: {text}"


def is_signed(attribute: Attribute) -> bool:
    """Return whether days below 0 are days early."""
    return attribute.unit == "days" and (attribute.minimum or 0) < 0


def signed(found: re.Match[str], words: str, attribute: Attribute) -> float:
    """Return the number in `words`; days early are below 0."""
    number = float(found[0].replace(",", ""))
    return -number if is_signed(attribute) and re.search("提前|early", words) else number


def flaws_of_best_days(part: str, own: points_at, text: str) -> Iterator[str]:
    """Yield whether a day that fits the words, "more than 6 days early", does not score best."""
    found = NUMBER.search(part)
    number = float(found[0].replace(",", "")) if found else 0.0
    bound = -number if re.search("提前|early", part) else number
    words = "提前超过|more than|晚不到|less than" if found else "提前|before the day"
    if not re.search(words, part) or own(bound - 1e-6) < own.best:
        yield f"{bound} days does not score best: {text}"


def as_people_say(value: float, attribute: Attribute) -> float:
    """Return the value in the unit of the words."""
    if attribute.unit == "change":
        return 200 * value / (1 - value)
    return value * 100 if attribute.unit in ("share", "ratio") else value


def as_profile_holds(shown: float, attribute: Attribute) -> float:
    """Return the profile's value of a number in words."""
    if attribute.unit == "change":
        return (shown / 100) / (2 + shown / 100)
    return shown / 100 if attribute.unit in ("share", "ratio") else shown


class points_at:  # noqa: N801 - reads as a function of a value
    """An attribute's own points at a value, and the values that score best, by the card's bins."""

    def __init__(self, card: Card, name: str) -> None:
        terms = [t for t in card.terms if t.attributes == (name,)]
        self.bins = card.bins[name]
        self.points = sum((t.points for t in terms), np.zeros(self.bins.size, dtype=np.int64))
        ordinary = self.points[: self.bins.ordinary]
        self.best = int(ordinary.max())
        edges = [self.bins.lowest, *self.bins.edges, self.bins.highest]
        self.best_values = [
            each
            for code in np.flatnonzero(ordinary == self.best)
            for each in (edges[code], float(np.nextafter(edges[code + 1], -np.inf)))
        ]

    def __call__(self, value: float) -> int:
        return int(self.points[self.bins.codes(np.array([value]))[0]])


def flaws_of_explanation(
    explanation: Explanation, columns: Columns, card: Card, dictionary: Dictionary
) -> Iterator[str]:
    """Yield every flaw of a whole explanation."""
    for line in explanation.counted:
        yield from flaws_of_line(line, columns, card, dictionary)
    if len(explanation.counted) > 5:
        yield f"{len(explanation.counted)} lines"
    for lang in ("zh", "en"):
        said = [getattr(text, lang) for text in every_text(explanation)]
        for each in {each for each in said if said.count(each) > 1}:
            yield f"told twice: {each}"
    for text in every_text(explanation):
        yield from flaws_of_text(text)
    for text in (*explanation.alternatives, *(each.text for each in explanation.proposals)):
        for words in (text.zh, text.en):
            if DEPOSIT.search(words):
                yield f"advice to deposit or buy: {words}"
    for each in explanation.proposals:
        if each.improvement.months < 1 or not TIME.search(each.text.zh + each.text.en):
            yield f"undated advice: {each.text.en}"


def every_text(explanation: Explanation) -> list[Text]:
    """Return all texts of an explanation."""
    single = (explanation.answer, explanation.standing, explanation.no_proposal, explanation.rights)
    lines = [
        *(each.text for each in explanation.counted),
        *(each.text for each in explanation.proposals),
    ]
    rest = (explanation.rest.text,) if explanation.rest else ()
    return [
        *(text for text in single if text), *lines, *rest,
        *explanation.missing, *explanation.rules, *explanation.alternatives,
    ]  # fmt: skip
