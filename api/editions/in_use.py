"""The running service: the one set of card, policy and edition that is in use, and its swap.

What a decision needs besides the request: card, policy and edition, one version of each.

The edition is the root: its manifest names the digests of the card and the policy it was made with,
and exactly those are taken. A card that was promoted since waits for the edition made with it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources as packaged
from pathlib import Path

from starlette.requests import Request

from api.core.calendar import CHINA, date_in_china, midnight_in_china
from api.core.log import log
from api.core.metrics import PROFILES_TIMESTAMP, UNUSABLE_PARTS, VERSION_SWAPS
from api.core.settings import Settings
from api.editions.edition import Edition
from api.editions.manifest import CURRENT, DATABASE, MANIFEST, current_folder, editions_folder
from api.http.problem_kinds import NOT_READY
from api.http.problems import FieldError, ProblemError
from data.publishing.published_card import (
    CHAMPION,
    card_with_digest,
    cards_folder,
    keys_folder,
    published_card,
    published_folder,
)
from model.card.card_file import CARD, CardFile
from model.card.card_file import MANIFEST as CARD_MANIFEST
from model.errors import CardError, ContractError, EditionError
from model.policy.policy import Policy, policy_on, read_policy
from model.profile.dictionary import Text

_WHITELIST = "rongzi whitelist --archive DIR --as-of DATE --out FILE.parquet"
_SHIPPED_POLICY = packaged.files("model.policy").joinpath("policy.yaml")

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


def awaiting_edition(home: Path, used: Resources) -> tuple[FieldError, ...]:
    """Return what was promoted but has no edition yet, with what to do."""
    try:
        promoted = published_card(home).digest
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    if promoted == used.card.digest:
        return ()
    return (FieldError("edition", _other_card(used.card.digest[:16], promoted[:16])),)


def file_stamps(home: Path) -> Stamps:
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


def today_in_china() -> date:
    """Return today's date where the loans are made."""
    return date_in_china(datetime.now(tz=CHINA))


class Service:
    """Holds one consistent set of resources; every request takes it whole, or is refused.

    Attributes
    ----------
    waiting : tuple of FieldError
        What is published but cannot be used, while the set before it stays in use.
    draining : bool
        Whether the process was told to stop.
    """

    def __init__(self, settings: Settings, today: Callable[[], date] = today_in_china) -> None:
        self.settings = settings
        self.today = today
        self.waiting: tuple[FieldError, ...] = ()
        self.draining = False
        self._found: Resources | tuple[FieldError, ...] = ()
        self._seen: Stamps | None = None
        self._looking = threading.Lock()

    def look(self) -> None:
        """Verify what is published, if any of it changed since the last look, and swap to it.

        May take as long as reading the edition takes, so it belongs on a thread of its own.
        """
        with self._looking:
            # Stamped before it is read: what changes meanwhile is looked at next time.
            found = file_stamps(self.settings.home)
            if found != self._seen:
                self._seen = found
                self._take(load(self.settings.home))

    def missing(self) -> tuple[FieldError, ...]:
        """Return what is missing to decide at all; empty when nothing is."""
        return () if isinstance(self._found, Resources) else self._found

    def resources(self) -> Resources:
        """Return what a request is answered from.

        Raises
        ------
        ProblemError
            If a part is missing; each is named with what to do.
        """
        if isinstance(self._found, Resources):
            return self._found
        raise ProblemError(NOT_READY, self._found)

    def _take(self, found: Resources | tuple[FieldError, ...]) -> None:
        used = self._found
        if isinstance(found, Resources):
            self.waiting = awaiting_edition(self.settings.home, found)
            # One assignment: a request holds either the old set or the new one, never a mixture.
            self._found = found
            if not isinstance(used, Resources) or used.version != found.version:
                VERSION_SWAPS.labels("taken").inc()
                PROFILES_TIMESTAMP.set(midnight_in_china(found.edition.manifest.day).timestamp())
                _tell_taken(found)
        elif isinstance(used, Resources):
            self.waiting = found
            VERSION_SWAPS.labels("kept").inc()
        else:
            self._found = found
        UNUSABLE_PARTS.set(len(self.waiting))
        for part in (*self.missing(), *self.waiting):
            log.warning(
                "not ready" if part in self.missing() else "kept the version before",
                part=part.field,
                why=part.expected.en,
            )


def _tell_taken(found: Resources) -> None:
    log.info(
        "in use",
        edition=found.edition.folder.name,
        card=found.card.digest,
        policy=found.policy.digest,
    )


# These are coroutines because FastAPI sends plain functions through a thread pool, one hop each.
async def service_of(request: Request) -> Service:
    """Return the service behind `request`."""
    found: Service = request.app.state.service
    return found


async def resources_of(request: Request) -> Resources:
    """Return the resources that answer `request`; see `Service.resources`."""
    return (await service_of(request)).resources()
