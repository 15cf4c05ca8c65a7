"""Corrected quarantine files that come back: which file of the quarantine each one settles.

A correction changes the bytes, so the name tells: a copy keeps the name of the quarantine file in
its own, whatever a person or a browser adds to it (``loans-1a2b3c4d (1).xlsx``).
"""

from __future__ import annotations

import re
from pathlib import Path

from data.importing.files.formats import open_sheets
from data.importing.refusals import RefusedFileError
from data.importing.settling.staging import StagedFile

#: Hexadecimal digits of a file's SHA-256 in the name of its quarantine file.
DIGITS = 8
_MARK = re.compile(rf"-([0-9a-f]{{{DIGITS}}})(?![0-9a-f])")


def answered(file: StagedFile, quarantine: Path) -> Path | None:
    """Return the file in `quarantine` of which `file` is the corrected one; None if it is none."""
    for mark in _MARK.findall(file.path.stem):
        for each in sorted(quarantine.glob(f"*-{mark}.*")):
            if each.stem in file.path.stem:
                return each
    return None


def source_name(answers: Path) -> str:
    """Return the name of the source file, without ending, of a quarantine file."""
    return answers.stem[: -DIGITS - 1]


def is_whole(file: StagedFile, answers: Path) -> bool:
    """Return whether `file` holds every row of the quarantine file `answers`.

    A quarantine file that was corrected in its place is whole: a row deleted there is given up. A
    copy with fewer rows, or with a sheet that was refused, leaves rows to be corrected.
    """
    if file.refusal or file.refused:
        return False
    if file.path.resolve() == answers.resolve():
        return True
    try:
        return sum(sheet.read for sheet in file.sheets) >= _rows(answers)
    except RefusedFileError:
        return False


def _rows(path: Path) -> int:
    """Return the rows of a quarantine file, below the header of each sheet."""
    with open_sheets(path) as sheets:
        rows = [sum(len(chunk.rows) for chunk in sheet.chunks) for sheet in sheets]
    return sum(max(each - 1, 0) for each in rows)
