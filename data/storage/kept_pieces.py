"""Finished pieces of a run's profile, kept so that a killed run resumes after the last of them.

``run.json`` names what the run reads and the SHA-256 of each finished piece. A run resumes only if
it would read the same; a piece whose bytes differ from its digest is made again.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from data.storage.part_list import file_digest
from data.storage.private_files import drafted, make_folder
from model.errors import RunError

STATE = "run.json"
FORMAT = "rongzi-run/1"


@dataclass(frozen=True)
class KeptPieces:
    """The pieces of one run.

    Attributes
    ----------
    inputs : mapping of str to str
        What the run reads, by name, such as the archive's digest.
    digests : dict of str to str
        SHA-256 by file name of the finished pieces.
    """

    folder: Path
    inputs: Mapping[str, str]
    digests: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begun(cls, folder: Path, inputs: Mapping[str, str]) -> KeptPieces:
        """Begin a run in `folder`, and remove what an earlier run left there."""
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)
        kept = cls(folder, dict(inputs))
        kept._save()
        return kept

    @classmethod
    def resumed(cls, folder: Path, inputs: Mapping[str, str]) -> KeptPieces:
        """Return the pieces of the run in `folder`, to be continued.

        Raises
        ------
        RunError
            If there is none, or it reads something else than `inputs`; the message names what.
        """
        path = folder / STATE
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            if state["format"] != FORMAT:
                raise ValueError(state["format"])
            before, digests = dict(state["inputs"]), dict(state["pieces"])
        except FileNotFoundError as error:
            raise RunError("no run to resume; run this without --resume") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} cannot be read; run this without --resume") from error
        if differing := _differing(before, inputs):
            raise RunError(
                f"the run cannot resume, because it began with {differing}; run this without"
                " --resume to begin again"
            )
        return cls(folder, before, digests)

    def read(self, number: int) -> pa.Table | None:
        """Return piece `number`; None if it is not finished, or damaged."""
        path = self.folder / piece_name(number)
        return pq.read_table(path) if self.holds(path.name) else None

    def holds(self, name: str) -> bool:
        """Whether the file `name` is kept, and whole."""
        path = self.folder / name
        return path.is_file() and self.digests.get(name) == file_digest(path)

    def record(self, digests: Mapping[str, str]) -> None:
        """Keep the files that others wrote to the folder, with their SHA-256 by name."""
        self.digests.update(digests)
        self._save()

    def write(self, number: int, piece: pa.Table) -> None:
        """Keep piece `number`."""
        path = self.folder / piece_name(number)
        write_piece(path, piece)
        self.record({path.name: file_digest(path)})

    def _save(self) -> None:
        state = {"format": FORMAT, "inputs": self.inputs, "pieces": self.digests}
        with drafted(self.folder / STATE) as draft:
            draft.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")


@contextmanager
def passing_pieces(folder: Path) -> Iterator[KeptPieces]:
    """Yield pieces that lie in `folder` for one run, and are removed with it."""
    make_folder(folder)
    with TemporaryDirectory(prefix=".pieces-", dir=folder) as made:
        yield KeptPieces.begun(Path(made), {})


def piece_name(number: int) -> str:
    """Return the file name of piece `number`."""
    return f"{number:06d}.parquet"


def write_piece(path: Path, piece: pa.Table) -> None:
    """Write a piece, whole or not at all; equal rows give equal bytes."""
    with drafted(path) as draft:
        pq.write_table(piece, draft, compression="zstd")


def _differing(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    names = sorted({*before, *now})
    return "; ".join(
        f"{name} {_short(before.get(name))} (now {_short(now.get(name))})"
        for name in names
        if before.get(name) != now.get(name)
    )


def _short(value: str | None) -> str:
    return "none" if not value else value[:16]
