"""Reasons for refusing a file or sheet: stable codes with texts in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.importing.reasons import ReasonText
from model.errors import UnreadableFileError

#: `{detail}` is a size, a number of rows or the names of columns.
REFUSALS: Mapping[str, ReasonText] = {
    "FILE_MISSING": ReasonText(
        "文件不存在或不是普通文件",
        "the file does not exist or is not a regular file",
    ),
    "FILE_UNREADABLE": ReasonText("文件无法打开：{detail}", "the file cannot be opened: {detail}"),
    "FILE_EMPTY": ReasonText("文件为空（0 字节）", "the file is empty (0 bytes)"),
    "FILE_TOO_LARGE": ReasonText(
        "文件过大（{detail}），请按乡镇或年份拆分",
        "the file is too large ({detail}); split it by township or year",
    ),
    "FILE_UNKNOWN_FORMAT": ReasonText(
        "不是 xlsx 或 csv 文件（{detail}）",
        "not an xlsx or csv file ({detail})",
    ),
    "FILE_OLD_EXCEL": ReasonText(
        "旧版 Excel 文件（xls），请另存为 xlsx",
        "an old Excel file (xls); save it as xlsx",
    ),
    "FILE_ENCRYPTED": ReasonText(
        "文件已加密，请去除密码后再导入",
        "the file is encrypted; remove the password and import it again",
    ),
    "FILE_DAMAGED": ReasonText("文件已损坏：{detail}", "the file is damaged: {detail}"),
    "FILE_BOMB": ReasonText(
        "文件内容异常（{detail}），疑似恶意文件",
        "the content is abnormal ({detail}); the file may be malicious",
    ),
    "FILE_TOO_WIDE": ReasonText("列数过多（{detail}）", "too many columns ({detail})"),
    "FILE_TOO_LONG": ReasonText(
        "行数过多（{detail}），请拆分文件",
        "too many rows ({detail}); split the file",
    ),
    "FILE_LINE_TOO_LONG": ReasonText(
        "单行内容过长（{detail} 字符）",
        "a line is too long ({detail} characters)",
    ),
    "FILE_ENCODING": ReasonText(
        "无法识别文字编码，请另存为 UTF-8 或 GB18030",
        "the text encoding is not recognised; save the file as UTF-8 or GB18030",
    ),
    "DELIMITER_UNKNOWN": ReasonText(
        "列之间以{detail}分隔，请另存为逗号、制表符、分号或竖线分隔的文件",
        "the cells are separated by {detail}; save the file with commas, tabs, semicolons or bars",
    ),
    "TABLE_NOT_RECOGNISED": ReasonText(
        "前 30 行内没有可识别的表头",
        "the first 30 rows contain no known header",
    ),
    "TABLE_AMBIGUOUS": ReasonText(
        "表头同时符合多张表（{detail}）",
        "the header matches several tables ({detail})",
    ),
    "COLUMNS_MISSING": ReasonText("缺少列：{detail}", "columns are missing: {detail}"),
    "COLUMNS_REPEATED": ReasonText(
        "同一列重复出现：{detail}",
        "a column occurs more than once: {detail}",
    ),
    "HEADER_UNIT_UNKNOWN": ReasonText(
        "表头中的单位无法换算：{detail}",
        "a unit in the header cannot be converted: {detail}",
    ),
}


@dataclass(frozen=True)
class Refusal:
    """The reason for refusing a file or sheet, as it is reported."""

    code: str
    detail: str = ""

    def text(self) -> ReasonText:
        """Return the text of the refusal."""
        text = REFUSALS[self.code]
        return ReasonText(text.zh.format(detail=self.detail), text.en.format(detail=self.detail))


class RefusedFileError(UnreadableFileError):
    """Raised by a reader; the import catches it and reports its `refusal`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.refusal = Refusal(code, detail)
        super().__init__(f"{code}: {self.refusal.text().en}")
