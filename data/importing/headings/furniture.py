"""Page furniture: rows between and below the data that no table holds, each with a name.

A form for printing repeats its header on every page, counts pages, adds totals, and ends with
signatures. Such a row is passed over and counted by its code, see `reasons.PASSED_OVER`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from data.importing.headings.heading import Heading
from data.importing.headings.spellings import normal_header
from data.storage.cell_text import is_blank, plain

_TOTAL = re.compile(
    r".{0,12}(合计|总计|小计|累计|共计)(\(.{0,8}\))?(大写|人民币)?(:.*)?|(sub|grand)?total(:.*)?"
    r"|(合计|总计|共计|人民币)?\(?大写\)?:.*"
)
_PAGE = re.compile(
    r"第.{1,5}页([,/;，、]?共.{1,5}页)?|共.{1,5}页([,/;，、]?第.{1,5}页)?|page[0-9]+((of|/)[0-9]+)?"
    r"|[0-9]{1,4}/[0-9]{1,4}页?|[0-9]{1,4}页"
)
_BARE_PAGE = re.compile(r"[-–—·]{1,2}[0-9]{1,3}[-–—·]{1,2}")
_END = re.compile(
    r"[-–—=*/\\]*\(?(本页|本表|此页)?(以下|下)(为)?(空白|无正文|无内容|无数据)\)?[-–—=*/\\]*"
    r"|(本页|此页)?(此处|空白页|无正文)"
)
_LABEL = re.compile(
    r".{0,6}(制表|填表|编制|审核|复核|经办|负责|领导|统计|报送|联系|单位|部门|机构|打印|日期|时间|电话|公章)"
    r".{0,8}:.*|.{0,14}\(?(签字|签名|盖章|签章|公章)\)?:?.{0,12}",
    re.DOTALL,
)
_NOTE = re.compile(r"\(?(注|附注|备注|说明|填表说明)([0-9一二三四五]{0,2})\)?:.*", re.DOTALL)
_DAY = re.compile(
    r"[0-9〇零一二三四五六七八九十]{4}[-/.年][0-9〇零一二三四五六七八九十]{1,3}([-/.月].{1,4})?"
)
_HAS_DIGIT = re.compile(r"[0-9]")
#: A name or an office that stands in a cell beside its label.
_MAX_NAME_CHARS = 12


def passed_over(cells: Sequence[str], heading: Heading) -> str | None:
    """Return the code of a row that is no data, None for a row of data.

    A row whose key is filled beside a total or a note stays data.
    """
    texts = [normal_header(cell) for cell in cells]
    filled = [position for position, text in enumerate(texts) if text]
    if not filled:
        return "BLANK"
    shown = [texts[position] for position in filled]
    if _repeats_header(texts, filled, heading):
        return "HEADER_AGAIN"
    if heading.titles.issuperset(shown):
        return "TITLE_AGAIN"
    bare = [re.sub(r"\s", "", plain(cell)).casefold() for cell in cells]
    if code := _furniture([bare[position] for position in filled]):
        return code
    return _total_or_note(bare, filled, heading)


def _repeats_header(texts: Sequence[str], filled: Sequence[int], heading: Heading) -> bool:
    """Return whether every filled cell is that of one line of the header."""
    for line in heading.lines:
        expected = {at for at, text in enumerate(line) if text}
        is_same = all(at < len(line) and texts[at] == line[at] for at in filled)
        if is_same and len(filled) * 2 > len(expected):
            return True
    return False


def _furniture(shown: Sequence[str]) -> str | None:
    """Return the code of a row of page numbers, end marks or signatures."""
    if all(_PAGE.fullmatch(text) for text in shown) or (
        len(shown) == 1 and _BARE_PAGE.fullmatch(shown[0])
    ):
        return "PAGE_NUMBER"
    if all(_END.fullmatch(text) for text in shown):
        return "END_MARK"
    if _NOTE.fullmatch(shown[0]):
        return "NOTE" if len(shown) == 1 else None
    if _LABEL.fullmatch(shown[0]) and all(map(_is_beside_label, shown[1:])):
        return "SIGNATURE"
    return "SIGNATURE" if all(_DAY.fullmatch(text) for text in shown) else None


def _is_beside_label(text: str) -> bool:
    is_name = len(text) <= _MAX_NAME_CHARS and not _HAS_DIGIT.search(text)
    return is_name or bool(_LABEL.fullmatch(text) or _DAY.fullmatch(text) or _PAGE.fullmatch(text))


def _total_or_note(texts: Sequence[str], filled: Sequence[int], heading: Heading) -> str | None:
    keys = {heading.matched[name].position for name in heading.table.key if name in heading.matched}
    for position in filled[:2]:
        others = [texts[key] for key in keys - {position} if key < len(texts)]
        if not all(map(is_blank, others)):
            continue
        if _TOTAL.fullmatch(texts[position]):
            return "TOTAL"
        if position == filled[0] and (
            _NOTE.fullmatch(texts[position]) or _LABEL.fullmatch(texts[position])
        ):
            return "NOTE"
    known = {matched.position for matched in heading.matched.values()}
    return None if known.intersection(filled) else "NO_KNOWN_COLUMN"
