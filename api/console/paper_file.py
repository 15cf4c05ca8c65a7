"""A page of paper as a PDF file, drawn on a thread, where the extra is installed."""

from __future__ import annotations

import asyncio
from importlib.util import find_spec

from starlette.responses import Response

from api.console.page import Page
from api.console.paper import Paper, draw
from api.console.problems import ConsoleError, Notice
from api.console.table_paper import TablePaper, draw_table
from api.console.typesetting import UnprintableError
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
    """Draws one file at a time in each worker: it takes a processor for about half a second."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)

    async def file_of(self, paper: Paper | TablePaper) -> bytes:
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
                return await asyncio.to_thread(_drawn, paper)
            except UnprintableError as error:
                raise ConsoleError(_NO_CHARACTER) from error


def _drawn(paper: Paper | TablePaper) -> bytes:
    return draw_table(paper) if isinstance(paper, TablePaper) else draw(paper)


async def sent_file(page: Page, paper: Paper | TablePaper, name: str) -> Response:
    """Send `paper` as a PDF file called `name`; see `PaperFiles.file_of`."""
    files: PaperFiles = page.request.app.state.paper_files
    content = await files.file_of(paper)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=headers, media_type="application/pdf")
