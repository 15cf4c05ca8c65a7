"""Which published folder is in use: a one-line file beside the folders, replaced atomically."""

from __future__ import annotations

import os
import re
from pathlib import Path


def folder_in_use(pointer: Path, form: re.Pattern[str]) -> Path:
    """Return the folder beside `pointer` that it names.

    Raises
    ------
    OSError, UnicodeDecodeError
        If the pointer is absent or cannot be read: nothing is published here.
    ValueError
        If the name in it does not have `form`.
    """
    name = pointer.read_text(encoding="utf-8").strip()
    if not form.fullmatch(name):
        raise ValueError(f"{pointer}: names no published folder")
    return pointer.parent / name


def use_folder(pointer: Path, folder: Path) -> None:
    """Let `pointer` name `folder`; a reader sees the old name or the new one, never a part."""
    draft = pointer.with_name(f"{pointer.name}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(folder.name + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(pointer)
