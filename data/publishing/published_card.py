"""The published cards of a home and the record of promotions.

```
<home>/cards/<16 hex>/             one folder per published card, named by its digest
<home>/cards/<16 hex>/judged/      the fit that was judged, if the card was fitted again to all rows
<home>/cards/champion              the name of the folder in use, replaced atomically
<home>/cards/promotions.jsonl      who promoted which card, when, and which card it replaced
```
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data.publishing.pointer import folder_in_use, use_folder
from data.publishing.signing import signing_key, trusted_keys
from model.card.card_file import CARD, MANIFEST, CardFile, SigningKey, read_card, sign_card
from model.errors import CardError

CHAMPION = "champion"
#: Beside a card that was fitted again to all rows: the fit of the same choices that was judged.
JUDGED = "judged"
PROMOTIONS = "promotions.jsonl"
_FOLDER = re.compile(r"[0-9a-f]{16}")
PROMOTION, ROLLBACK = "promotion", "rollback"
#: Parsed cards that a process keeps.
_KEPT = 32
#: Size, inode and time of change of each of a card's files.
Stamp = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Publication:
    """The result of a promotion: the card, its folder, and the folder it replaced, if any."""

    card: CardFile
    folder: Path
    replaced: Path | None


def cards_folder(home: Path) -> Path:
    """Return the folder of published cards."""
    return home / "cards"


def published_card(home: Path) -> CardFile:
    """Return the card in use, verified against the trusted keys before it is parsed.

    Raises
    ------
    CardError
        If no card is published, no key is trusted, or the card does not verify.
    """
    return read_card(published_folder(home), trusted_keys(home))


def judged_card(home: Path) -> CardFile:
    """Return the card in use as gates measure it: the fit that never saw the validation rows.

    The digest is that of the card in use.

    Raises
    ------
    CardError
        As `published_card`.
    """
    served, folder = published_card(home), published_folder(home) / JUDGED
    if not folder.is_dir():
        return served
    return replace(served, card=read_card(folder, trusted_keys(home)).card)


def card_with_digest(home: Path, digest: str) -> CardFile:
    """Return the published card with `digest`, in use or earlier.

    Raises
    ------
    CardError
        If it is not published here, no key is trusted, or the card does not verify.
    """
    folder = cards_folder(home) / digest[:16]
    card = read_card(folder, trusted_keys(home))
    if card.digest != digest:
        raise CardError(f"{folder}: contains another card; restore it from your backup")
    return card


def published_cards(home: Path) -> dict[str, CardFile]:
    """Return every card that was ever published here and verifies, by digest, latest first.

    Raises
    ------
    CardError
        If a trusted key cannot be read.
    """
    raw = tuple(key.public_bytes_raw() for key in trusted_keys(home))
    root = cards_folder(home)
    folders = [each for each in root.glob("*") if _FOLDER.fullmatch(each.name)]
    found = [card for each in folders if (card := _kept_card(each, _stamp(each), raw))]
    latest_first = sorted(found, key=lambda card: (card.approved_at or "", card.digest))[::-1]
    return {card.digest: card for card in latest_first}


@lru_cache(maxsize=_KEPT)
def _kept_card(folder: Path, _stamp: Stamp, raw_keys: tuple[bytes, ...]) -> CardFile | None:
    """Return the verified card in `folder`, read again only when a file or a key changed."""
    try:
        card = read_card(folder, [Ed25519PublicKey.from_public_bytes(raw) for raw in raw_keys])
    except CardError:
        return None
    return card if card.digest.startswith(folder.name) else None


def _stamp(folder: Path) -> Stamp:
    try:
        found = [(folder / name).stat() for name in (CARD, MANIFEST)]
    except OSError:
        return ()
    return tuple((each.st_size, each.st_ino, each.st_mtime_ns) for each in found)


def card_in(folder: Path, home: Path) -> CardFile:
    """Return the card in `folder`; its signature, if it has one, is verified.

    Raises
    ------
    CardError
        If a byte differs, the version is unknown, or no key that `home` trusts made the signature.
    """
    # The bytes show whether there is a signature; nothing is parsed before it is verified.
    is_signed = b"\nsignature " in _first_bytes(folder / MANIFEST)
    return read_card(folder, trusted_keys(home) if is_signed else None)


def published_folder(home: Path) -> Path:
    """Return the folder of the card in use.

    Raises
    ------
    CardError
        If no card is published, or the pointer names no card folder.
    """
    pointer = cards_folder(home) / CHAMPION
    try:
        return folder_in_use(pointer, _FOLDER)
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(
            f"{pointer}: no card is published here; train one (rongzi train) and promote it"
            " (rongzi promote RUN_ID --approved-by NAME)"
        ) from error
    except ValueError as error:
        raise CardError(f"{pointer}: names no card folder; promote a card again") from error


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError:
        return b""  # the card's reader reports a missing file


def publish_card(
    home: Path,
    source: Path,
    approved_by: str,
    approved_at: datetime,
    remarks: Mapping[str, object] | None = None,
) -> Publication:
    """Sign the card in `source`, copy it to `home`, put it in use and record this with `remarks`.

    A rollback publishes the folder of an earlier card again.

    Raises
    ------
    CardError
        If the card is damaged, the approver's name is not one line, or the key is unusable.
    """
    digest = read_card(source).digest
    folder = cards_folder(home) / digest[:16]
    replaced = _folder_in_use(home)
    draft = _signed_copy(source, folder, signing_key(home), approved_by, approved_at)
    published = read_card(draft, trusted_keys(home))
    _move_files(draft, folder)
    use_folder(cards_folder(home) / CHAMPION, folder)
    _record(home, published, replaced, remarks or {})
    return Publication(published, folder, replaced)


def _folder_in_use(home: Path) -> Path | None:
    try:
        return published_folder(home)
    except CardError:
        return None  # the first promotion, or a damaged pointer that this promotion repairs


def _signed_copy(
    source: Path, folder: Path, key: SigningKey, approved_by: str, approved_at: datetime
) -> Path:
    draft = folder.with_name(folder.name + ".draft")
    draft.mkdir(parents=True, exist_ok=True)
    for name in (CARD, MANIFEST):
        shutil.copyfile(source / name, draft / name)
    sign_card(draft, key, approved_by, approved_at)
    if (source / JUDGED).is_dir():
        shutil.copytree(source / JUDGED, draft / JUDGED, dirs_exist_ok=True)
        sign_card(draft / JUDGED, key, approved_by, approved_at)
    return draft


def _move_files(draft: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    # Move the card first, so that the folder never has a manifest of another card.
    for name in (CARD, MANIFEST):
        (draft / name).replace(folder / name)
    if (draft / JUDGED).is_dir():
        (folder / JUDGED).mkdir(exist_ok=True)
        for name in (CARD, MANIFEST):
            (draft / JUDGED / name).replace(folder / JUDGED / name)
        (draft / JUDGED).rmdir()
    draft.rmdir()


def _record(
    home: Path, published: CardFile, replaced: Path | None, remarks: Mapping[str, object]
) -> None:
    line = {
        "card_digest": published.digest,
        "approved_by": published.approved_by,
        "approved_at": published.approved_at,
        "replaced": replaced.name if replaced else None,
        **remarks,
    }
    with (cards_folder(home) / PROMOTIONS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def promotions(home: Path) -> list[dict[str, Any]]:
    """Return every recorded promotion under `home`, oldest first.

    Raises
    ------
    CardError
        If the record cannot be read.
    """
    path = cards_folder(home) / PROMOTIONS
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, ValueError) as error:
        raise CardError(f"{path}: cannot be read; restore it from your backup") from error


def was_promoted(home: Path, digest: str) -> bool:
    """Return whether the card with `digest` was ever promoted under `home`."""
    return any(line["card_digest"] == digest for line in promotions(home))


def previous_champion(home: Path) -> Path:
    """Return the folder of the card that the champion replaced when it was promoted.

    Rollbacks are ignored, so that two rollbacks go back two cards instead of back and forth.

    Raises
    ------
    CardError
        If no card is in use, or it replaced none.
    """
    current = published_folder(home)
    for line in reversed(promotions(home)):
        is_current = line["card_digest"][:16] == current.name and line.get("kind") != ROLLBACK
        if is_current and line["replaced"] not in (None, current.name):
            return cards_folder(home) / str(line["replaced"])
    raise CardError(
        f"{current.name} replaced no card, so there is nothing to go back to; promote another one"
    )
