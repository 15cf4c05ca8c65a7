"""Reading a PDF file back with programs that did not write it."""

from __future__ import annotations

import shutil
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.support.prerequisites import lacking

_PROGRAMS = ("pdftotext", "pdfinfo", "pdffonts")
_EXTRA = ("fpdf", "pylopdf_fonts_zh_cn")


def need_pdf() -> None:
    """Skip or fail the test where the extra `pdf` or the programs that read its files lack.

    It loads the extra, so that no request of a test waits for its first import.
    """
    lacking(
        *(each for each in _EXTRA if not find_spec(each)),
        *(each for each in _PROGRAMS if not shutil.which(each)),
    )
    for each in _EXTRA:
        import_module(each)


def text_of(file: Path) -> str:
    """Return the text of a PDF file without any space."""
    return "".join(_said("pdftotext", str(file), "-").split())


def pages_of(file: Path) -> list[str]:
    """Return the text of each page without any space, in the order in which it was drawn."""
    drawn = _said("pdftotext", "-raw", str(file), "-")
    return ["".join(each.split()) for each in drawn.split("\f")[:-1]]


def facts_of(file: Path) -> dict[str, str]:
    """Return what is told of a PDF file, such as ``Pages`` and ``Page size``."""
    lines = (line.partition(":") for line in _said("pdfinfo", str(file)).splitlines())
    return {name: told.strip() for name, _, told in lines}


def fonts_of(file: Path) -> list[list[str]]:
    """Return the typefaces of a PDF file, a line of words for each."""
    return [line.split() for line in _said("pdffonts", str(file)).splitlines()[2:]]


def _said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
