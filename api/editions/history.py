"""The record of publications, the way back to an earlier edition, and the removal of old ones."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from api.core.calendar import CHINA
from api.editions.approval import Approval
from api.editions.catalogue import (
    PRUNED,
    PUBLICATIONS,
    ROLLED_BACK,
    editions,
    folder_of,
    rollback_target,
)
from api.editions.held import release
from api.editions.manifest import (
    CURRENT,
    current_folder,
    editions_folder,
    read_manifest,
    verify_files,
)
from api.editions.publish import DRAFT, publishing
from data.publishing.pointer import use_folder


def record(
    home: Path, kind: str, edition: str, now: datetime, approval: Approval | None, **more: Any
) -> None:
    """Append one line to the record of publications; its time is that of China."""
    words = {"approved_by": approval.by, "because": approval.because} if approval else {}
    if approval and approval.order:
        words["order"] = approval.order
    at = now.astimezone(CHINA).isoformat(timespec="seconds")
    line = {"at": at, "kind": kind, "edition": edition}
    root = editions_folder(home)
    root.mkdir(parents=True, exist_ok=True)
    with (root / PUBLICATIONS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line | words | more, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


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
    release(home)
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
