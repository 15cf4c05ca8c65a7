"""Parsers of dates, months, seasons and times in the forms that branches write."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from data.importing.cells.cell import DOUBT, Field, Flaw
from data.importing.cells.moments import BANK_ZONE, MONTHS, from_epoch, iso_text

#: Days that programs write for "no date". Others lie outside the years accepted.
NULL_DAYS = frozenset({date(1900, 1, 1), date(1904, 1, 1)})
#: The day from which programs count time; no row was recorded on it.
FIRST_STAMP = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2099, 12, 31)

_CLOCK = (
    r"(?:(?:[\sT]+|(?<=[日号一二三四五六天]))(?P<hour>[0-9]{1,2})[:时](?P<minute>[0-9]{1,2})"
    r"(?:[:分](?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]{1,9}))?)?[分秒]?\s*"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_WEEKDAY = r"(?:\s*(?:星期|周)[一二三四五六日天])?"
_DATE = re.compile(
    r"(?P<year>[0-9]{4})\s*(?P<mark>[-/.年])\s*(?P<month>[0-9]{1,2})\s*[-/.月]\s*"
    rf"(?P<day>[0-9]{{1,2}})\s*[日号]?{_WEEKDAY}{_CLOCK}"
)
_COMPACT = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2}))?"
)
#: Day numbers of 1927 to 2099. A shorter number is more likely a year or a typing error.
_SERIAL = re.compile(r"(?P<days>[1-7][0-9]{4})(?P<share>\.[0-9]+)?")
_MONTH = re.compile(r"(?P<year>[0-9]{4})\s*(?P<mark>[-/.年])\s*(?P<month>[0-9]{1,2})\s*(?:月份?)?")
#: Excel saves 2023/5 as May-23 in a csv.
_EXCEL_MONTH = re.compile(r"(?P<month>[A-Z][a-z]{2})-(?P<year>[0-9]{2})")
_COMPACT_MONTH = re.compile(r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})")
_SEASON = re.compile(r"(?P<year>[0-9]{4})\s*年?\s*[-/_]?\s*(?P<harvest>\S+?)")
_HARVESTS = {
    "S": ("s", "夏", "夏收", "夏季", "夏粮"),
    "A": ("a", "秋", "秋收", "秋季", "秋粮"),
    "G": ("g", "大棚", "温室", "设施", "棚"),
}
_HARVEST_OF = {spelling: key for key, spellings in _HARVESTS.items() for spelling in spellings}


def parse_moment(text: str, field: Field) -> datetime | Flaw:
    """Return a time in the bank's zone; a date without a time is midnight of that day."""
    if text.endswith(DOUBT) and _DATE.fullmatch(text.removesuffix(DOUBT)):
        return Flaw("DAY_IN_DOUBT")
    moment = _read_moment(text, field)
    if isinstance(moment, Flaw):
        return moment
    is_first = moment == from_epoch(0) or field.column.kind == "timestamp"
    is_null = moment.date() in NULL_DAYS or (is_first and moment.date() == FIRST_STAMP)
    return Flaw("NULL_DATE") if is_null else moment


def _read_moment(text: str, field: Field) -> datetime | Flaw:
    if serial := _SERIAL.fullmatch(text):
        return _from_serial(serial, field)
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text) or _DATE.fullmatch(iso_text(text))
    return _from_parts(match.groupdict()) if match else Flaw("NOT_A_DATE")


#: A program in China that cuts a time zone of 1900 to minutes writes midnights 43 seconds early.
#: The last second is no such error: it ends a day.
_MINUTE, _LAST_SECOND = timedelta(minutes=1), time(23, 59, 59)


def parse_date(text: str, field: Field) -> date | Flaw:
    """Return a day; a time of day is dropped.

    The last minute of a day, but for its last second, is the midnight after it.
    """
    moment = parse_moment(text, field)
    if isinstance(moment, Flaw):
        return moment
    return (moment if moment.time() >= _LAST_SECOND else moment + _MINUTE).date()


def parse_month(text: str, field: Field) -> date | Flaw:
    """Return the first day of a month, given as a month or as any day of it.

    ``2023.1`` is refused: a spreadsheet shortens 2023.10 to the same text.
    """
    if match := _MONTH.fullmatch(text) or _COMPACT_MONTH.fullmatch(text):
        if match.groupdict().get("mark") == "." and match["month"] == "1":
            return Flaw("AMBIGUOUS_MONTH")
        return _day(int(match["year"]), int(match["month"]), 1)
    named = _EXCEL_MONTH.fullmatch(text)
    if named and named["month"].lower() in MONTHS:
        return _day(2000 + int(named["year"]), MONTHS.index(named["month"].lower()) + 1, 1)
    day = parse_date(text, field)
    if isinstance(day, Flaw):
        return Flaw("NOT_A_MONTH") if day.code == "NOT_A_DATE" else day
    return day.replace(day=1)


def parse_season(text: str, field: Field) -> str | Flaw:
    """Return a season as ``2023-S``, ``2023-A`` or ``2023-G``."""
    match = _SEASON.fullmatch(text)
    harvest = match and _HARVEST_OF.get(match["harvest"].casefold())
    if not match or not harvest:
        return Flaw("NOT_A_SEASON")
    in_range = FIRST_DAY.year <= int(match["year"]) <= LAST_DAY.year
    return f"{match['year']}-{harvest}" if in_range else Flaw("DATE_OUT_OF_RANGE")


def _from_serial(serial: re.Match[str], field: Field) -> datetime | Flaw:
    seconds = round(float(serial["share"] or 0) * 86400)
    midnight = datetime.combine(field.day_zero + timedelta(days=int(serial["days"])), time.min)
    moment = midnight + timedelta(seconds=seconds)
    return moment if moment.date() <= LAST_DAY else Flaw("DATE_OUT_OF_RANGE")


def _from_parts(parts: dict[str, str | None]) -> datetime | Flaw:
    day = _day(*(int(parts[name] or 0) for name in ("year", "month", "day")))
    if isinstance(day, Flaw):
        return day
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    micros = int((parts.get("fraction") or "").ljust(6, "0")[:6])
    try:
        moment = datetime.combine(day, time(hour, minute, second, micros))
    except ValueError:
        return Flaw("IMPOSSIBLE_DATE")
    return _in_bank_time(moment, parts.get("zone"))


def _in_bank_time(moment: datetime, zone: str | None) -> datetime:
    if not zone:
        return moment
    aware = datetime.fromisoformat(moment.isoformat() + zone)
    return aware.astimezone(BANK_ZONE).replace(tzinfo=None)


def _day(year: int, month: int, day: int) -> date | Flaw:
    try:
        value = date(year, month, day)
    except ValueError:
        return Flaw("IMPOSSIBLE_DATE")
    return value if FIRST_DAY <= value <= LAST_DAY else Flaw("DATE_OUT_OF_RANGE")
