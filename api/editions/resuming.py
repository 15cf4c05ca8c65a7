"""Runs that resume: the finished pieces of a run's profile, kept in the home until it publishes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from api.editions.manifest import editions_folder
from api.scoring.kernel import Basis
from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces
from data.storage.profiles import PIECE
from model import __version__

#: Begins or resumes a run, given what it reads.
Keep = Callable[[Mapping[str, str]], KeptPieces]


def beginning(home: Path) -> Keep:
    """Return how a run in `home` begins; what an interrupted run left is removed."""
    return partial(KeptPieces.begun, _folder(home))


def resuming(home: Path) -> Keep:
    """Return how the interrupted run in `home` resumes."""
    return partial(KeptPieces.resumed, _folder(home))


def forget(home: Path) -> None:
    """Remove the pieces of the run in `home`, which has published or may not resume."""
    shutil.rmtree(_folder(home), ignore_errors=True)


def run_inputs(archive: Archive, basis: Basis, engine: str) -> dict[str, str]:
    """Return what a run reads, by the names that a refusal tells."""
    return {
        "as-of": basis.as_of.isoformat(),
        "archive": archive.digest(),
        "policy": basis.policy.digest,
        "card": basis.card.digest,
        "release": __version__,
        "engine": engine,
        "members at a time": str(PIECE),
    }


def _folder(home: Path) -> Path:
    return editions_folder(home) / ".run"
