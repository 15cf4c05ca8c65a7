"""What a decision needs besides the request: card, policy and edition, one version of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from api.edition import Edition
from api.edition_manifest import DATABASE, MANIFEST
from api.problems import FieldError
from data.published import cards_folder, published_card
from model.card_file import CARD, CardFile
from model.card_file import MANIFEST as CARD_MANIFEST
from model.dictionary import Text
from model.errors import CardError, EditionError
from model.policy import Policy, policy_on

T = TypeVar("T")
_WHITELIST = "rongzi whitelist --archive DIR --as-of DATE --out FILE.parquet"


@dataclass(frozen=True)
class Resources:
    """A card, a policy and an edition that belong together, all verified.

    Attributes
    ----------
    stamps : mapping of Path to tuple
        Size, inode and time of each file as verified; another stamp means another file.
    """

    card: CardFile
    policy: Policy
    edition: Edition
    stamps: dict[Path, tuple[int, ...]]

    def untouched(self) -> bool:
        """Whether the files on disk are still those that were verified."""
        return all(_stamp(path) == stamp for path, stamp in self.stamps.items())


def load(home: Path) -> Resources | tuple[FieldError, ...]:
    """Return what the service answers from, or each part that is missing and what to do."""
    card = _part("card", _CARD_ZH, lambda: published_card(home))
    edition = _part("edition", _EDITION_ZH, lambda: Edition.current(home))
    if isinstance(card, FieldError) or isinstance(edition, FieldError):
        return tuple(part for part in (card, edition) if isinstance(part, FieldError))
    if edition.manifest.card_digest != card.digest:
        return (FieldError("edition", _other_card(edition, card)),)
    policy = policy_on(edition.manifest.day)
    if edition.manifest.policy_digest != policy.digest:
        return (FieldError("policy", _OTHER_POLICY),)
    # A card's folder is named by its digest, so the pointer need not be read a second time.
    folder = cards_folder(home) / card.digest[:16]
    files = [folder / CARD, folder / CARD_MANIFEST]
    files += [edition.folder / DATABASE, edition.folder / MANIFEST]
    return Resources(card, policy, edition, {path: _stamp(path) for path in files})


_CARD_ZH = "没有通过校验的评分卡；请训练并发布（rongzi train、rongzi promote）。详情见英文说明"
_EDITION_ZH = "没有通过校验的名单；请重新生成并发布（rongzi whitelist）。详情见英文说明"
_OTHER_POLICY = Text(
    f"名单所用的信贷政策与本版本不同；请重新生成名单（{_WHITELIST}）",
    f"the edition was made under another policy than this release ships; run: {_WHITELIST}",
)


def _part(name: str, zh: str, find: Callable[[], T]) -> T | FieldError:
    try:
        return find()
    except (CardError, EditionError) as error:
        return FieldError(name, Text(zh, str(error)))


def _other_card(edition: Edition, card: CardFile) -> Text:
    made, used = edition.manifest.card_digest[:16], card.digest[:16]
    return Text(
        f"名单由评分卡 {made} 生成，而在用的是 {used}；请重新生成名单（{_WHITELIST}）",
        f"the edition was made with card {made}, but card {used} is in use; run: {_WHITELIST}",
    )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_ino, found.st_mtime_ns
