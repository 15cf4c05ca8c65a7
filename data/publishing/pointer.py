"""The pointer to the published folder in use: a one-line file that is replaced atomically."""

from __future__ import annotations

import os
import re
from pathlib import Path


def folder_in_use(pointer: Path, form: re.Pattern[str]) -> Path:
    """Return the folder beside `pointer` whose name it contains.

    Raises
    ------
    OSError, UnicodeDecodeError
        If the pointer is absent or cannot be read, so nothing is published here.
    ValueError
        If the name does not match `form`.
    """
    name = pointer.read_text(encoding="utf-8").strip()
    if not form.fullmatch(name):
        raise ValueError(f"{pointer}: names no published folder")
    return pointer.parent / name


def use_folder(pointer: Path, folder: Path) -> None:
    """Point to `folder`; a reader sees either the old name or the new one."""
    draft = pointer.with_name(f"{pointer.name}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(folder.name + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(pointer)
