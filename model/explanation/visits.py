"""What our staff's visits confirmed for a decision, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from model.archive.tables import archive_tables
from model.card.bins import Columns
from model.decision.details import day_text
from model.decision.visits import Visit
from model.profile.dictionary import Text

_KINDS: Mapping[str, str] = {
    "wages": "wages",
    "business": "income from business",
    "rent": "rent received",
    "pension": "pension",
    "other": "other income",
}
_HARVESTS: Mapping[str, Text] = {
    "S": Text("夏收", "summer"),
    "A": Text("秋收", "autumn"),
    "G": Text("大棚", "greenhouse"),
}


def visit_texts(visits: Iterable[Visit]) -> list[Text]:
    """Return a sentence for each visit: its day, what it confirmed, and how long it counts."""
    return [_text(visit) for visit in visits]


def crops_confirmed(visits: Sequence[Visit], columns: Columns) -> frozenset[str]:
    """Return the crops whose yield in the profile `columns`, of shape (1,), is that of a visit."""
    return frozenset(
        crop
        for visit in visits
        for crop, found in visit.harvests.items()
        if columns[f"yield_{crop}_kg"][0] == found.kg_per_mu
    )


def _text(visit: Visit) -> Text:
    parts = [*_incomes(visit), *_harvests(visit), *_residence(visit)]
    made, until = day_text(visit.visited_on), day_text(visit.until)
    return Text(
        f"{made.zh}走访核实：{'；'.join(part.zh for part in parts)}。有效至{until.zh}。",
        f"Our visit on {made.en} confirmed: {'; '.join(part.en for part in parts)}."
        f" It counts until {until.en}.",
    )


def _incomes(visit: Visit) -> Iterator[Text]:
    words = archive_tables()["incomes"].columns["kind"].choices
    for kind, yuan in visit.incomes.items():
        yield Text(f"{words[kind][0]}一年 {yuan:,} 元", f"{_KINDS[kind]}, {yuan:,} yuan a year")


def _harvests(visit: Visit) -> Iterator[Text]:
    words = archive_tables()["plots"].columns["crop"].choices
    for crop, found in visit.harvests.items():
        year, harvest = found.season.split("-")
        when, amount = _HARVESTS[harvest], f"{found.kg_per_mu:,.0f}"
        yield Text(
            f"{words[crop][0]} {year} 年{when.zh}亩产 {amount} 公斤",
            f"{crop}, {when.en} harvest of {year}, {amount} kg a mu",
        )


def _residence(visit: Visit) -> Iterator[Text]:
    since: date | None = visit.resident_since
    if since:
        day = day_text(since)
        yield Text(f"自{day.zh}起住在本村", f"resident in the village since {day.en}")
