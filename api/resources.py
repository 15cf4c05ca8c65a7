"""What a decision needs besides the request: card, policy and edition, one version of each.

The edition is the root: its manifest names the digests of the card and the policy it was made with,
and exactly those are taken. A card that was promoted since waits for the edition made with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources as packaged
from pathlib import Path

from api.edition import Edition
from api.edition_manifest import CURRENT, DATABASE, MANIFEST, current_folder, editions_folder
from api.problems import FieldError
from data.published import (
    CHAMPION,
    card_with_digest,
    cards_folder,
    keys_folder,
    published_card,
    published_folder,
)
from model.card_file import CARD, CardFile
from model.card_file import MANIFEST as CARD_MANIFEST
from model.dictionary import Text
from model.errors import CardError, ContractError, EditionError
from model.policy import Policy, policy_on, read_policy

_WHITELIST = "rongzi whitelist --archive DIR --as-of DATE --out FILE.parquet"
_SHIPPED_POLICY = packaged.files("model").joinpath("policy.yaml")

#: Size, inode and time of each file that matters; an empty stamp is a file that is not there.
Stamps = dict[Path, tuple[int, ...]]


@dataclass(frozen=True)
class Resources:
    """A card, a policy and an edition that belong together, all verified and held in private."""

    card: CardFile
    policy: Policy
    edition: Edition

    @property
    def version(self) -> tuple[str, str, str]:
        """What tells one set from another: the edition's folder, card digest, policy digest."""
        return self.edition.folder.name, self.card.digest, self.policy.digest


def load(home: Path) -> Resources | tuple[FieldError, ...]:
    """Return what is published now, or each part that is missing and what to do."""
    try:
        edition = Edition.current(home)
    except EditionError as error:
        return (*_card_flaw(home), FieldError("edition", Text(_EDITION_ZH, str(error))))
    try:
        card = card_with_digest(home, edition.manifest.card_digest)
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    policy = _policy(edition.manifest.day, edition.manifest.policy_digest)
    if policy is None:
        return (FieldError("policy", _OTHER_POLICY),)
    return Resources(card, policy, edition)


def awaiting(home: Path, used: Resources) -> tuple[FieldError, ...]:
    """Return what was promoted but has no edition yet, with what to do."""
    try:
        promoted = published_card(home).digest
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    if promoted == used.card.digest:
        return ()
    return (FieldError("edition", _other_card(used.card.digest[:16], promoted[:16])),)


def stamps(home: Path) -> Stamps:
    """Return the stamps of all that `load` reads; other stamps mean that it may find otherwise."""
    return {path: _stamp(path) for path in _files(home)}


_CARD_ZH = "没有通过校验的评分卡；请训练并发布（rongzi train、rongzi promote）。详情见英文说明"
_EDITION_ZH = "没有通过校验的名单；请重新生成并发布（rongzi whitelist）。详情见英文说明"
_OTHER_POLICY = Text(
    f"名单所用的信贷政策与本版本不同；请重新生成名单（{_WHITELIST}）",
    f"the edition was made under another policy than this release ships; run: {_WHITELIST}",
)


def _card_flaw(home: Path) -> tuple[FieldError, ...]:
    try:
        published_card(home)
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    return ()


def _policy(day: date, digest: str) -> Policy | None:
    """Return the policy with `digest`, from the file as it was at the start or as it is now.

    An upgrade puts a new file under a running service; the edition's digest says which one counts.
    """
    shipped = policy_on(day)
    if shipped.digest == digest:
        return shipped
    try:
        found = read_policy(_SHIPPED_POLICY.read_text(encoding="utf-8"), day)
    except (OSError, UnicodeDecodeError, ContractError):
        return None
    return found if found.digest == digest else None


def _other_card(used: str, promoted: str) -> Text:
    return Text(
        f"已发布评分卡 {promoted}，而名单由 {used} 生成，仍在使用；请重新生成名单（{_WHITELIST}）",
        f"card {promoted} is promoted, but the edition was made with card {used}, which stays in"
        f" use; run: {_WHITELIST}",
    )


def _files(home: Path) -> Iterator[Path]:
    yield cards_folder(home) / CHAMPION
    yield editions_folder(home) / CURRENT
    yield Path(str(_SHIPPED_POLICY))
    yield from (keys_folder(home) / "trusted").glob("*.pem")
    try:
        edition, card = current_folder(home), published_folder(home)
    except (EditionError, CardError):
        return
    yield from (edition / DATABASE, edition / MANIFEST, card / CARD, card / CARD_MANIFEST)


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_ino, found.st_mtime_ns
