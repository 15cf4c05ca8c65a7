"""Why a whole file or sheet is refused: stable codes with texts in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data.importing.reasons import ReasonText
from model.errors import UnreadableFileError

#: `{detail}` is what the reader found: a size, a row number, the names of columns.
REFUSALS: Mapping[str, ReasonText] = {
    "FILE_MISSING": ReasonText("文件不存在或不是普通文件", "no such file, or not a regular file"),
    "FILE_UNREADABLE": ReasonText("文件无法打开：{detail}", "the file cannot be opened: {detail}"),
    "FILE_EMPTY": ReasonText("文件为空（0 字节）", "the file is empty (0 bytes)"),
    "FILE_TOO_LARGE": ReasonText(
        "文件过大（{detail}），请按乡镇或年份拆分",
        "too large ({detail}); split by township or year",
    ),
    "FILE_UNKNOWN_FORMAT": ReasonText(
        "不是 xlsx 或 csv 文件（{detail}）", "neither xlsx nor csv ({detail})"
    ),
    "FILE_OLD_EXCEL": ReasonText(
        "旧版 Excel 文件（xls），请另存为 xlsx", "an old Excel file (xls); save it as xlsx"
    ),
    "FILE_ENCRYPTED": ReasonText(
        "文件已加密，请去除密码后再导入", "the file is encrypted; remove the password"
    ),
    "FILE_DAMAGED": ReasonText("文件已损坏：{detail}", "the file is damaged: {detail}"),
    "FILE_BOMB": ReasonText(
        "压缩包异常（{detail}），疑似恶意文件",
        "suspicious compression ({detail}), perhaps a zip bomb",
    ),
    "FILE_TOO_WIDE": ReasonText("列数过多（{detail}）", "too many columns ({detail})"),
    "FILE_TOO_LONG": ReasonText(
        "行数过多（{detail}），请拆分", "too many rows ({detail}); split it"
    ),
    "FILE_LINE_TOO_LONG": ReasonText(
        "单行内容过长（{detail} 字符）", "a line is too long ({detail} characters)"
    ),
    "FILE_ENCODING": ReasonText(
        "无法识别文字编码，请另存为 UTF-8 或 GB18030",
        "the text encoding is not recognised; save as UTF-8 or GB18030",
    ),
    "TABLE_NOT_RECOGNISED": ReasonText(
        "前 30 行内没有可识别的表头", "no known header in the first 30 rows"
    ),
    "TABLE_AMBIGUOUS": ReasonText(
        "表头同时符合多张表（{detail}）", "the header fits several tables ({detail})"
    ),
    "COLUMNS_MISSING": ReasonText("缺少列：{detail}", "columns are missing: {detail}"),
    "COLUMNS_REPEATED": ReasonText(
        "同一列出现多次：{detail}", "the same column occurs more than once: {detail}"
    ),
    "HEADER_UNIT_UNKNOWN": ReasonText(
        "表头中的单位无法换算：{detail}", "a unit in the header cannot be converted: {detail}"
    ),
}


@dataclass(frozen=True)
class Refusal:
    """Why a file or sheet was not taken, as a value for the report."""

    code: str
    detail: str = ""

    def text(self) -> ReasonText:
        """Return the refusal in words."""
        text = REFUSALS[self.code]
        return ReasonText(text.zh.format(detail=self.detail), text.en.format(detail=self.detail))


class RefusedFileError(UnreadableFileError):
    """Raised inside a reader; the importer catches it and reports its `refusal`."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.refusal = Refusal(code, detail)
        super().__init__(f"{code}: {self.refusal.text().en}")
