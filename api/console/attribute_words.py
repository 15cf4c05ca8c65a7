"""Words for the names of attributes and the groups of fairness, which summaries of runs hold."""

from __future__ import annotations

import re
from collections.abc import Callable

from api.http.schemas import TextShape
from api.models.schemas import GateShape, ProtectedShape, RunContent
from model.archive.tables import archive_tables
from model.explanation.texts import UNITS
from model.profile.dictionary import Text, member_dictionary

#: An attribute whose groups are places, and one whose number is an age.
_PLACE, _AGE = "county_code", "age_years"
_YEARS_OLD, _COUNTY = Text(" 岁", ""), Text("县区", "County")
_NAME = re.compile(r"(?<![\w“])[a-z][a-z0-9_]*(?!\w)", re.ASCII)
#: Spaces beside a name that a Chinese sentence does not need beside a quotation mark.
_SPACES = re.compile(r"(?<=[\u4e00-\u9fff]) (?=“)|(?<=”) (?=[\u4e00-\u9fff])")
#: How the sentence of a gate begins that judges one group, and where its remedy names the group.
_OF_GROUP = re.compile(
    r"^(?:[^=：:]*[（(])?(?P<attribute>\w+)[）)]? = (?P<group>[^：:]+)(?P<rest>[：:].*)$", re.DOTALL
)
_BELOW, _BETWEEN, _FROM = (
    re.compile(form) for form in (r"<([\d.]+)", r"([\d.]+)–<([\d.]+)", r"≥([\d.]+)")
)
#: Groups that are no value of the attribute.
_BESIDE = {
    "(missing)": Text("没有记录", "no record"),
    "(others)": Text("其余各群体", "all other groups"),
}


class AttributeWords:
    """The words for the attributes of a run, and for their groups.

    Parameters
    ----------
    run
        Its own labels go before those of the dictionary, because a flat table has its own.
    place
        The name of a place by its code.
    """

    def __init__(self, run: RunContent, place: Callable[[str], str]) -> None:
        known = {each.name: each.label for each in member_dictionary()}
        # A name of one word may be any word of a sentence, unless it is the dictionary's.
        own = {
            each.attribute: _text(each.label) for each in run.attributes if "_" in each.attribute
        }
        self._labels = known | own | {_PLACE: _COUNTY}
        self._place = place

    def gate(self, gate: GateShape) -> tuple[Text, Text]:
        """Return what a gate found, and its remedy, with words for names and groups."""
        told, remedy = _text(gate.told), _text(gate.remedy)
        zh, en = _OF_GROUP.match(told.zh), _OF_GROUP.match(told.en)
        if zh and en:
            name, code = zh["attribute"], zh["group"]
            group = self.group(name, code)
            told = Text(f"{name} · {group.zh}{zh['rest']}", f"{name} · {group.en}{en['rest']}")
            remedy = _with_group(remedy, code, group)
        return self._named(told), self._named(remedy)

    def protected(self, attribute: ProtectedShape) -> Text:
        """Return the words for a protected attribute, by what its groups are named."""
        return _COUNTY if attribute.attribute == _PLACE else _text(attribute.label)

    def group(self, attribute: str, code: str) -> Text:
        """Return the words for a group of a protected attribute."""
        if code in _BESIDE:
            return _BESIDE[code]
        if attribute == _PLACE:
            return Text(self._place(code), self._place(code))
        column = archive_tables()["members"].columns.get(attribute)
        if column and code in column.choices:
            return Text(column.choices[code][0], code.capitalize())
        return _range(code, _unit_of(attribute))

    def _named(self, text: Text) -> Text:
        """Return `text` with the label of each attribute that it names."""
        bare = self._bare(text)
        zh = _NAME.sub(lambda found: self._label(found[0], "zh"), bare.zh)
        en = _NAME.sub(lambda found: self._label(found[0], "en"), bare.en)
        return Text(_SPACES.sub("", zh), en)

    def _bare(self, text: Text) -> Text:
        """Return `text` with the code alone where a gate says the words before it itself."""
        zh, en, known = text.zh, text.en, member_dictionary().attributes
        for name in set(_NAME.findall(text.zh)) & self._labels.keys():
            own = known[name].label if name in known else self._labels[name]
            for label in (self._labels[name], own):
                zh = zh.replace(f"{label.zh}（{name}）", name)
                en = en.replace(f"{label.en} ({name})", name)
        return Text(zh, en)

    def _label(self, name: str, language: str) -> str:
        label = self._labels.get(name)
        return f"“{getattr(label, language)}”" if label else name


def _unit_of(attribute: str) -> Text:
    known = member_dictionary().attributes.get(attribute)
    if known is None:
        return Text("", "")
    return _YEARS_OLD if attribute == _AGE else UNITS.get(known.unit, Text("", ""))


def _range(code: str, unit: Text) -> Text:
    """Return a band of numbers, such as ``40–<50``, in words with its unit."""
    if found := _BELOW.fullmatch(code):
        return Text(f"不到 {found[1]}{unit.zh}", f"below {found[1]}{unit.en}")
    if found := _BETWEEN.fullmatch(code):
        low, high = found.groups()
        return Text(f"{low} 至不到 {high}{unit.zh}", f"{low} to below {high}{unit.en}")
    if found := _FROM.fullmatch(code):
        return Text(f"{found[1]}{unit.zh}及以上", f"{found[1]}{unit.en} or more")
    return Text(code, code)


def _with_group(remedy: Text, code: str, group: Text) -> Text:
    """Return `remedy` with the words for the group that it names by its code."""
    whole = re.compile(rf"(?<![\w<≥]){re.escape(code)}(?!\w)", re.ASCII)
    zh, en = whole.sub(f"“{group.zh}”", remedy.zh), whole.sub(f"“{group.en}”", remedy.en)
    return Text(zh, en)


def _text(shape: TextShape) -> Text:
    return Text(shape.zh, shape.en)
