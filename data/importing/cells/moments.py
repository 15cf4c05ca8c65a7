"""Moments in the forms that programs export: named months, a.m. and p.m., Chinese digits, epochs.

A form that could mean two days is not read: 20.5.1, 5/1/2023, 2020-05-01 24:00:00.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

#: The bank's time zone. China kept summer time (UTC+9) in the summers of 1986 to 1991.
BANK_ZONE = ZoneInfo("Asia/Shanghai")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

#: Oracle writes 01-MAY-20, 01-MAY-2020 and 01-5月 -20. Of two digits, 00 to 49 are 2000 to 2049.
_NAMED_MONTH = re.compile(
    r"(?P<day>[0-9]{1,2})[-\s](?:(?P<name>[a-z]{3})|(?P<month>[0-9]{1,2})月)\s*[-\s]"
    r"(?P<year>[0-9]{4}|[0-9]{2})(?P<rest>\s.*)?"
)
#: A browser writes Fri May 01 2020 00:00:00 GMT+0800 (中国标准时间).
_BROWSER = re.compile(
    r"[a-z]{3} (?P<name>[a-z]{3}) (?P<day>[0-9]{2}) (?P<year>[0-9]{4}) (?P<clock>[0-9:]{8})"
    r" (?:gmt|utc)(?P<zone>[+-][0-9]{4})?(?: ?\(.*\))?"
)
#: Milliseconds since 1970, of 1973 to 2099.
_EPOCH = re.compile(r"[1-4]?[0-9]{12}")
_HALF_DAY = re.compile(
    r"(?P<before>.*?)\s*(?P<half>上午|下午|中午|凌晨|am|pm)?\s*"
    r"(?P<hour>[0-9]{1,2})(?P<rest>[:时][0-9:.分秒]*)\s*(?P<after>am|pm)?"
)
_AFTER_NOON = frozenset({"下午", "pm", "中午"})
_CHINESE_NUMBER = "(?:[二三]?十|廿|卅)[一二三四五六七八九]?|[一二三四五六七八九]"
_CHINESE_DAY = re.compile(
    rf"(?P<year>[〇零一二三四五六七八九]{{4}})年(?P<month>{_CHINESE_NUMBER})月"
    rf"(?P<day>{_CHINESE_NUMBER})[日号]?"
)
_DIGITS = {digit: str(value) for value, digit in enumerate("〇一二三四五六七八九")} | {"零": "0"}


def iso_text(text: str) -> str:
    """Return `text` in the form ``2020-05-01 16:00:00+0800`` if a program's form is recognised.

    Any other text is returned without a final point or a leading backtick.
    """
    bare = text.removeprefix("`").rstrip(".。").strip()
    lower = bare.lower()
    for pattern, rewrite in _FORMS:
        if match := pattern.fullmatch(lower):
            lower = bare = rewrite(match)
            break
    return _without_half_day(lower) or bare


def from_epoch(milliseconds: int) -> datetime:
    """Return the moment in the bank's zone, without zone, of a time since 1970 in UTC."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    return moment.astimezone(BANK_ZONE).replace(tzinfo=None)


def _named_month(match: re.Match[str]) -> str:
    year = match["year"] if len(match["year"]) == 4 else _full_year(match["year"])
    month = match["month"] or _month_number(match["name"])
    rest = (match["rest"] or "").strip()
    day = f"{year}-{month}-{match['day']}"
    return f"{day} {rest.replace('.', ':', 2)}" if rest else day


def _browser(match: re.Match[str]) -> str:
    month, zone = _month_number(match["name"]), match["zone"] or "Z"
    return f"{match['year']}-{month}-{match['day']} {match['clock']}{zone}"


def _epoch(match: re.Match[str]) -> str:
    return from_epoch(int(match[0])).isoformat(" ")


def _chinese_day(match: re.Match[str]) -> str:
    year = "".join(_DIGITS[digit] for digit in match["year"])
    return f"{year}-{_chinese_number(match['month'])}-{_chinese_number(match['day'])}"


_FORMS = (
    (_NAMED_MONTH, _named_month), (_BROWSER, _browser), (_EPOCH, _epoch),
    (_CHINESE_DAY, _chinese_day),
)  # fmt: skip


def _without_half_day(text: str) -> str | None:
    """Return `text` with its hour counted to 24, None if it names no half of the day."""
    match = _HALF_DAY.fullmatch(text)
    half = match and (match["half"] or match["after"])
    if not match or not half or (match["half"] and match["after"]):
        return None
    hour = int(match["hour"])
    if not 0 < hour <= 12:
        return None
    hour = hour % 12 + (12 if half in _AFTER_NOON else 0)
    return f"{match['before']} {hour:02d}{match['rest']}"


def _full_year(digits: str) -> str:
    return ("20" if int(digits) < 50 else "19") + digits


def _month_number(name: str) -> str:
    """Return the number of an English month, 0 for any other name: no calendar has it."""
    return str(MONTHS.index(name) + 1 if name in MONTHS else 0)


def _chinese_number(text: str) -> str:
    """Return a number below 100 in digits: 十 is 10, 二十一 and 廿一 are 21."""
    spelled = text.replace("廿", "二十").replace("卅", "三十")
    if "十" not in spelled:
        return _DIGITS[spelled]
    tens, ones = spelled.split("十", 1)
    return _DIGITS.get(tens, "1") + _DIGITS.get(ones, "0")
