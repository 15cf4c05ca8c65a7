"""The editions of a home: which there are, who published them and why, and which is in use.

This reads only, and needs no more than the small install.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.editions.manifest import (
    CURRENT,
    Manifest,
    current_folder,
    editions_folder,
    is_edition_name,
    read_manifest,
)
from model.errors import EditionError, GivenError, UnknownEditionError

PUBLICATIONS = "publications.jsonl"
PUBLISHED, ROLLED_BACK, PRUNED = "published", "rolled back", "pruned"
BRANCH_FILES = "branch files"


@dataclass(frozen=True)
class Listed:
    """One edition of a home, with the last record of its publication, if there is one."""

    name: str
    manifest: Manifest
    is_current: bool
    record: Mapping[str, Any]


def records(home: Path) -> list[dict[str, Any]]:
    """Return the record of publications, oldest first.

    Raises
    ------
    EditionError
        If it cannot be read.
    """
    path = editions_folder(home) / PUBLICATIONS
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise EditionError(f"{path}: cannot be read; restore it from your backup") from error


def editions(home: Path) -> list[Listed]:
    """Return the editions of `home`, newest as-of date first; of one date by name.

    Raises
    ------
    EditionError
        If none is published, or a manifest is damaged.
    """
    current, said = current_folder(home).name, records(home)
    folders = (path for path in editions_folder(home).iterdir() if is_edition_name(path.name))
    names = sorted((path.name for path in folders), reverse=True)
    last = {line["edition"]: line for line in said if line["kind"] != BRANCH_FILES}
    return [
        Listed(
            name, read_manifest(editions_folder(home) / name), name == current, last.get(name, {})
        )
        for name in names
    ]


def folder_of(home: Path, name: str) -> Path:
    """Return the folder of the edition `name`: a folder's name, or ``current``.

    Raises
    ------
    UnknownEditionError
        If there is no such edition.
    """
    if name == CURRENT:
        return current_folder(home)
    folder = editions_folder(home) / name
    if not is_edition_name(name) or not folder.is_dir():
        raise UnknownEditionError(
            f"{name}: no edition of that name; rongzi editions list shows them"
        )
    return folder


def rollback_target(home: Path, name: str | None) -> Path:
    """Return the folder that `roll_back` puts in use.

    Parameters
    ----------
    name
        The edition; None means the one that the edition in use was compared with.

    Raises
    ------
    UnknownEditionError
        If there is none.
    GivenError
        If it is in use already.
    """
    current = current_folder(home)
    target = name or read_manifest(current).previous
    if target is None:
        raise UnknownEditionError(
            f"{current.name} followed no edition, so there is nothing to go back to"
        )
    folder = folder_of(home, target)
    if folder == current:
        raise GivenError(f"{folder.name} is in use already")
    return folder
