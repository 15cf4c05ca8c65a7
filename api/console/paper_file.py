"""A page of paper as a PDF file, drawn on a thread, where the extra is installed."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from api.console.paper import Paper, UnprintableError, draw
from api.console.problems import ConsoleError, Notice
from model.profile.dictionary import Text

#: Packages of the extra `pdf`.
_PARTS = ("fpdf", "pylopdf_fonts_zh_cn")
_NOT_INSTALLED = Notice(
    Text("这里不能生成 PDF", "No PDF can be made here"),
    Text(
        "请运维人员在服务环境中安装：pip install '.[pdf]'；也可以用浏览器打印。",
        "The operator installs it in the service's environment: pip install '.[pdf]'. The browser"
        " prints the page too.",
    ),
    501,
)
_NO_CHARACTER = Notice(
    Text("有一个字无法写入 PDF", "One character cannot be put into the PDF"),
    Text(
        "PDF 的字体里没有这个字。请用浏览器打印。",
        "The typeface of the PDF lacks it. Print the page with the browser.",
    ),
    422,
)


def is_installed() -> bool:
    """Return whether the extra `pdf` is installed."""
    return all(find_spec(part) for part in _PARTS)


class PaperFiles:
    """Draws one file at a time in each worker: a file takes a processor for a third of a second."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)

    async def file_of(self, paper: Paper) -> bytes:
        """Return `paper` as a PDF file.

        Raises
        ------
        ConsoleError
            If the extra is not installed, or its typeface lacks a character.
        """
        if not is_installed():
            raise ConsoleError(_NOT_INSTALLED)
        async with self._one:
            try:
                return await asyncio.to_thread(draw, paper)
            except UnprintableError as error:
                raise ConsoleError(_NO_CHARACTER) from error
