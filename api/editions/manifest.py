"""The folder of a published edition: its name, its manifest, and the verification of its files.

```
<home>/editions/<as_of>-<12 hex>/   named after its date and its manifest's SHA-256
    manifest.json                   canonical JSON (RFC 8785): digests of inputs and of every file
    manifest.signature              who signed that digest; see `api.editions.signature`
    whitelist.parquet               one row per member
    profile.parquet                 the profiles behind the rows
    changes.csv                     entries into and exits from the first tier, with reasons
    funnel.csv                      from archive to disbursement, by county, township and village
    edition.sqlite                  the same contents for the service
    directory.sqlite                blind indexes to search people by, and changes of tier
<home>/editions/current             name of the folder in use, replaced atomically
```
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import rfc8785

from data.publishing.pointer import folder_in_use
from model.errors import EditionError

FORMAT = "rongzi-edition/1"
MANIFEST = "manifest.json"
CURRENT = "current"
ROWS = "whitelist.parquet"
PROFILE = "profile.parquet"
CHANGES = "changes.csv"
FUNNEL = "funnel.csv"
DATABASE = "edition.sqlite"
DIRECTORY = "directory.sqlite"

_FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{12}")
#: Fields that manifests of earlier releases do not have.
_LATER = ("demo_day",)
_MAX_MANIFEST_BYTES = 64 * 1024
#: What to do about a missing or damaged edition.
REMEDY = "publish it again: rongzi whitelist --archive DIR --as-of DATE --out FILE.parquet"


@dataclass(frozen=True)
class Manifest:
    """The inputs, counts and files of an edition.

    Attributes
    ----------
    previous : str or None
        Folder of the edition it was compared with; None for the first.
    counts : mapping of str to int
        Members in total and by tier, and entries into and exits from the first tier.
    files : mapping of str to str
        SHA-256 by file name.
    consents_digest : str
        Digest of the counter's records of consent; empty without any.
    demo_day : str
        The day that a demo plays on; empty in every other home.
    """

    as_of: str
    policy_digest: str
    card_digest: str
    archive_digest: str
    previous: str | None
    counts: Mapping[str, int]
    files: Mapping[str, str]
    consents_digest: str = ""
    demo_day: str = ""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that determine the rows."""
        basis = self.as_of, self.policy_digest, self.card_digest
        return *basis, self.archive_digest, self.consents_digest

    @property
    def day(self) -> date:
        """The as-of date."""
        return date.fromisoformat(self.as_of)

    @property
    def plays_on(self) -> date | None:
        """The day that a demo plays on; None in every other home."""
        return date.fromisoformat(self.demo_day) if self.demo_day else None

    def age_days(self, today: date) -> int:
        """Return the days from the as-of date to `today`, in a demo to the day it plays on."""
        return ((self.plays_on or today) - self.day).days


def editions_folder(home: Path) -> Path:
    """Return the folder of published editions."""
    return home / "editions"


def current_folder(home: Path) -> Path:
    """Return the folder of the edition in use.

    Raises
    ------
    EditionError
        If no edition is published, or the pointer names no edition folder.
    """
    pointer = editions_folder(home) / CURRENT
    try:
        return folder_in_use(pointer, _FOLDER)
    except (OSError, UnicodeDecodeError) as error:
        raise EditionError(f"{pointer}: no edition is published here; {REMEDY}") from error
    except ValueError as error:
        raise EditionError(f"{pointer}: names no edition folder; {REMEDY}") from error


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the canonical bytes of `manifest`; a field of a later release only where it is set."""
    fields = asdict(manifest)
    later = [name for name in _LATER if not fields[name]]
    return rfc8785.dumps({"format": FORMAT, **{k: v for k, v in fields.items() if k not in later}})


def folder_name(as_of: str, payload: bytes) -> str:
    """Return the folder name for the manifest bytes `payload`, which contains their digest."""
    return f"{as_of}-{hashlib.sha256(payload).hexdigest()[:12]}"


def is_edition_name(name: str) -> bool:
    """Return whether `name` is written like the name of an edition's folder."""
    return _FOLDER.fullmatch(name) is not None


def as_of_folder(name: str) -> date:
    """Return the as-of date in a folder's name."""
    return date.fromisoformat(name[:10])


def read_manifest(folder: Path) -> Manifest:
    """Compare the manifest's digest with the name of `folder`, then read the manifest.

    Raises
    ------
    EditionError
        If it is missing, altered, or of a format this version does not know.
    """
    return parse_manifest(folder, manifest_payload(folder))


def manifest_payload(folder: Path) -> bytes:
    """Return the bytes of the manifest, whose digest is in the name of `folder`.

    Raises
    ------
    EditionError
        If it is missing or altered.
    """
    path = folder / MANIFEST
    payload = _read(path)
    if hashlib.sha256(payload).hexdigest()[:12] != folder.name[-12:]:
        raise EditionError(f"{path}: its bytes do not match the folder's name; {REMEDY}")
    return payload


def parse_manifest(folder: Path, payload: bytes) -> Manifest:
    """Return the manifest of `folder` in the verified bytes `payload`.

    Raises
    ------
    EditionError
        If it is of a format this version does not know.
    """
    path = folder / MANIFEST
    try:
        return _manifest(path, json.loads(payload))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EditionError(f"{path}: not a manifest of format {FORMAT}; {REMEDY}") from error


def verify_files(folder: Path, manifest: Manifest, names: tuple[str, ...]) -> None:
    """Compare the SHA-256 of each file in `names` with the manifest.

    Raises
    ------
    EditionError
        If a file is missing, or a byte of it differs.
    """
    for name in names:
        if file_digest(folder / name) != manifest.files.get(name):
            raise EditionError(
                f"{folder / name}: its bytes do not match the manifest's SHA-256; the file was"
                f" altered or damaged: {REMEDY}"
            )


def file_digest(path: Path) -> str:
    """Return the SHA-256 of the file at `path`.

    Raises
    ------
    EditionError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EditionError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from error


def _manifest(path: Path, spec: Mapping[str, Any]) -> Manifest:
    if spec["format"] != FORMAT:
        raise EditionError(
            f"{path}: format {spec['format']!r} is unknown to this version, which reads"
            f" {FORMAT!r}; {REMEDY}"
        )
    return Manifest(**{name: value for name, value in spec.items() if name != "format"})


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            payload = file.read(_MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise EditionError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from error
    if len(payload) > _MAX_MANIFEST_BYTES:
        raise EditionError(f"{path}: too large for a manifest; {REMEDY}")
    return payload
