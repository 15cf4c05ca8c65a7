"""The editions of a home: which there are, who published them and why, and which is in use."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.editions.approval import Approval, mean_shift, missing_shares
from api.editions.manifest import (
    CURRENT,
    PROFILE,
    ROWS,
    Manifest,
    current_folder,
    editions_folder,
    is_edition_name,
    read_manifest,
    verify_files,
)
from api.editions.publish import DRAFT, publishing
from data.publishing.pointer import use_folder
from model.errors import EditionError

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


def record(
    home: Path, kind: str, edition: str, now: datetime, approval: Approval | None, **more: Any
) -> None:
    """Append one line to the record of publications."""
    words = {"approved_by": approval.by, "because": approval.because} if approval else {}
    if approval and approval.order:
        words["order"] = approval.order
    line = {"at": now.isoformat(timespec="seconds"), "kind": kind, "edition": edition}
    root = editions_folder(home)
    root.mkdir(parents=True, exist_ok=True)
    with (root / PUBLICATIONS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | words | more, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


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
    EditionError
        If there is no such edition.
    """
    if name == CURRENT:
        return current_folder(home)
    folder = editions_folder(home) / name
    if not is_edition_name(name) or not folder.is_dir():
        raise EditionError(f"{name}: no edition of that name; rongzi editions list shows them")
    return folder


def rollback_target(home: Path, name: str | None) -> Path:
    """Return the folder that `roll_back` puts in use.

    Parameters
    ----------
    name
        The edition; None means the one that the edition in use was compared with.

    Raises
    ------
    EditionError
        If there is none, or it is in use already.
    """
    current = current_folder(home)
    target = name or read_manifest(current).previous
    if target is None:
        raise EditionError(f"{current.name} followed no edition, so there is nothing to go back to")
    folder = folder_of(home, target)
    if folder == current:
        raise EditionError(f"{folder.name} is in use already")
    return folder


def roll_back(home: Path, name: str | None, approval: Approval, now: datetime) -> tuple[str, str]:
    """Put an earlier edition in use again, all its files verified; return old and new name.

    Parameters
    ----------
    name
        The edition; None means the one that the edition in use was compared with.

    Raises
    ------
    EditionError
        If there is none, a byte of it differs from its manifest, or a run is publishing.
    """
    with publishing(home):
        return _rolled_back(home, name, approval, now)


def _rolled_back(
    home: Path, name: str | None, approval: Approval, now: datetime
) -> tuple[str, str]:
    current, folder = current_folder(home), rollback_target(home, name)
    manifest = read_manifest(folder)
    verify_files(folder, manifest, tuple(manifest.files))
    record(home, ROLLED_BACK, folder.name, now, approval, replaces=current.name)
    use_folder(editions_folder(home) / CURRENT, folder)
    return current.name, folder.name


def prunable(home: Path, keep: int) -> list[str]:
    """Return the editions that `prune` removes.

    It keeps the newest `keep`, the one in use, and the one that was compared with.
    """
    listed = editions(home)
    current = next(each for each in listed if each.is_current)
    kept = {each.name for each in listed[:keep]} | {current.name, current.manifest.previous}
    return [each.name for each in listed if each.name not in kept]


def prune(home: Path, names: list[str], now: datetime) -> None:
    """Remove the folders of the editions `names`; decisions keep what they were made from."""
    with publishing(home):
        for name in names:
            record(home, PRUNED, name, now, None)
            # Renamed first, so that no killed run leaves half an edition under its name.
            removed = folder_of(home, name).rename(editions_folder(home) / f"{DRAFT}{name}")
            shutil.rmtree(removed)


@dataclass(frozen=True)
class Difference:
    """What changed from one edition to another.

    Attributes
    ----------
    moves : mapping of (str, str) to int
        Members by tier before and after; ``-`` where the member is in one edition only.
    points_shift : float or None
        Mean change of points of members scored in both.
    missing : mapping of str to (float, float)
        Share of members without a value, before and after, of attributes where it moved.
    """

    moves: Mapping[tuple[str, str], int]
    points_shift: float | None
    missing: Mapping[str, tuple[float, float]]


def difference(home: Path, before: str, after: str) -> Difference:
    """Compare two editions, their rows and profiles verified first.

    Raises
    ------
    EditionError
        If one does not exist or is damaged.
    """
    folders = folder_of(home, before), folder_of(home, after)
    for folder in folders:
        verify_files(folder, read_manifest(folder), (ROWS, PROFILE))
    old, new = (
        pq.read_table(folder / ROWS, columns=["member_id", "tier", "points"]) for folder in folders
    )
    names = pq.read_schema(folders[1] / PROFILE).names
    was, now = (missing_shares(str(folder / PROFILE), names) for folder in folders)
    moved = {n: (was[n], now[n]) for n in now if n in was and was[n] != now[n]}
    return Difference(dict(_moves(old, new)), mean_shift(old, new), moved)


def _moves(old: pa.Table, new: pa.Table) -> Iterator[tuple[tuple[str, str], int]]:
    joined = old.select(["member_id", "tier"]).join(
        new.select(["member_id", "tier"]).rename_columns(["member_id", "tier_after"]),
        "member_id", join_type="full outer",
    )  # fmt: skip
    counted = joined.group_by(["tier", "tier_after"]).aggregate([([], "count_all")])
    filled = [pc.fill_null(counted[name], "-").to_pylist() for name in ("tier", "tier_after")]
    yield from sorted(zip(zip(*filled, strict=True), counted["count_all"].to_pylist(), strict=True))
