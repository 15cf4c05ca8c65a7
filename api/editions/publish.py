"""Publication of an edition: write a draft folder, name it by its digest, then put it in use."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from api.editions.blind_index import BlindIndex, made_index
from api.editions.contents import Before, Contents
from api.editions.database import write_database
from api.editions.demo import demo_day
from api.editions.directory_database import write_directory
from api.editions.erasing import without_erased
from api.editions.funnel import STEPS
from api.editions.manifest import (
    CHANGES,
    CURRENT,
    DATABASE,
    DIRECTORY,
    FUNNEL,
    MANIFEST,
    PROFILE,
    ROWS,
    Manifest,
    current_folder,
    editions_folder,
    file_digest,
    folder_name,
    manifest_bytes,
    read_manifest,
    verify_files,
)
from api.editions.signature import SIGNATURE, signature_lines
from data.publishing.pointer import use_folder
from data.publishing.signing import signing_key
from data.storage.private_files import locked
from model.decision.whitelist_changes import change_line
from model.errors import BusyError, EditionError

#: How the names of folders begin that are no edition yet, or none any more.
DRAFT = ".draft-"
_FILES = (ROWS, PROFILE, CHANGES, FUNNEL, DATABASE, DIRECTORY)
_CHANGES = ("member_id", "change", "change_zh", "reason", "reason_zh", "reason_en")
_COMPARED = ["member_id", "tier", "points", "knock_outs", "village_code"]
_FUNNEL = ("place_code", "county", "township", "village", *STEPS)


@dataclass(frozen=True)
class Previous:
    """The previous edition, for comparison.

    Attributes
    ----------
    folder, before : str or None, Before or None
        Name of its folder, and its rows; None without a previous edition.
    damage : str or None
        Why the edition in use cannot be compared, if it is damaged.
    """

    folder: str | None = None
    before: Before | None = None
    damage: str | None = None


@dataclass(frozen=True)
class Published:
    """A published edition: its folder, manifest and contents, and the previous edition."""

    folder: Path
    manifest: Manifest
    contents: Contents
    previous: Previous


def previous_edition(home: Path, inputs: tuple[str, ...]) -> Previous:
    """Return the edition in use or, if that one has the same `inputs`, the one before it.

    So publishing the same edition again compares with the same edition and gives the same bytes. A
    damaged edition does not stop the publication: the result names the damage, and every member of
    the first tier counts as entering.
    """
    if not (editions_folder(home) / CURRENT).exists():
        return Previous()
    try:
        return _read_previous(home, inputs)
    except EditionError as error:
        return Previous(damage=str(error))


def _read_previous(home: Path, inputs: tuple[str, ...]) -> Previous:
    folder = current_folder(home)
    manifest = read_manifest(folder)
    if manifest.inputs == inputs:
        if manifest.previous is None:
            return Previous()
        folder = editions_folder(home) / manifest.previous
        manifest = read_manifest(folder)
    verify_files(folder, manifest, (ROWS,))
    rows = without_erased(home, pq.read_table(folder / ROWS, columns=_COMPARED))
    return Previous(folder.name, Before(rows, manifest.card_digest))


@contextmanager
def publishing(home: Path) -> Iterator[None]:
    """Lock the editions of `home` for one run, and remove what killed runs left there.

    Raises
    ------
    BusyError
        If another run has locked them.
    """
    root = editions_folder(home)
    root.mkdir(parents=True, exist_ok=True)
    refusal = BusyError(f"{root}: another run is publishing here; run this one after it")
    with locked(root / ".lock", refusal):
        for draft in root.glob(f"{DRAFT}*"):
            shutil.rmtree(draft)
        yield


def write_edition(
    home: Path, contents: Contents, archive_digest: str, previous: Previous
) -> Published:
    """Write the edition's folder under `home`, whole and signed; `put_in_use` comes after it.

    Call it within `publishing`.

    Raises
    ------
    CardError
        If the key that signs editions cannot be used.
    """
    root = editions_folder(home)
    draft = Path(tempfile.mkdtemp(prefix=DRAFT, dir=root))
    try:
        _write_files(draft, contents, made_index(home))
        manifest = _manifest(draft, contents, archive_digest, previous, demo_day(home))
        payload = manifest_bytes(manifest)
        (draft / MANIFEST).write_bytes(payload)
        signature = signature_lines(payload, signing_key(home, "edition"))
        (draft / SIGNATURE).write_bytes(signature)
        folder = root / folder_name(manifest.as_of, payload)
        _move(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Published(folder, manifest, contents, previous)


def put_in_use(published: Published) -> None:
    """Let the service use the edition."""
    use_folder(published.folder.parent / CURRENT, published.folder)


def write_rows(rows: pa.Table, path: Path) -> None:
    """Write an edition's rows; equal rows give equal bytes."""
    pq.write_table(rows, path, compression="zstd")


def counts_of(contents: Contents) -> dict[str, int]:
    """Return members in total and by tier, and entries into and exits from the first tier."""
    total = contents.funnel[""]
    moves = [change.change for change in contents.changes]
    return {
        **{step: getattr(total, step) for step in ("members", "first", "second", "third", "none")},
        "enters": moves.count("ENTERS"),
        "leaves": moves.count("LEAVES"),
    }


def _write_files(draft: Path, contents: Contents, index: BlindIndex) -> None:
    write_rows(contents.rows, draft / ROWS)
    write_rows(contents.profile, draft / PROFILE)
    write_database(draft / DATABASE, contents)
    write_directory(draft / DIRECTORY, contents, index)
    lines = [change_line(change, contents.basis.policy) for change in contents.changes]
    _write_csv(draft / CHANGES, _CHANGES, lines)
    _write_csv(draft / FUNNEL, _FUNNEL, _funnel_lines(contents))


def _funnel_lines(contents: Contents) -> list[tuple[object, ...]]:
    nameless = (None, None, None)
    return [
        (code, *contents.places.get(code, nameless), *astuple(counts))
        for code, counts in sorted(contents.funnel.items())
    ]


def _write_csv(path: Path, header: tuple[str, ...], lines: Iterable[tuple[object, ...]]) -> None:
    # With the byte-order mark, a spreadsheet reads the Chinese as UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(lines)


def _manifest(
    draft: Path, contents: Contents, archive_digest: str, previous: Previous, plays_on: date | None
) -> Manifest:
    return Manifest(
        as_of=contents.basis.as_of.isoformat(),
        policy_digest=contents.basis.policy.digest,
        card_digest=contents.basis.card.digest,
        archive_digest=archive_digest,
        previous=previous.folder,
        counts=counts_of(contents),
        files={name: file_digest(draft / name) for name in _FILES},
        consents_digest=contents.consents_digest,
        demo_day=plays_on.isoformat() if plays_on else "",
    )


def _move(draft: Path, folder: Path) -> None:
    # The same edition published again: replace its files, because one of them may be damaged.
    if folder.exists():
        for path in sorted(draft.iterdir()):
            path.replace(folder / path.name)
    else:
        # Profiles are personal data: only the service's account and its group may read them.
        draft.chmod(0o750)
        draft.rename(folder)
