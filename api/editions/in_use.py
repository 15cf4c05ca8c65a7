"""The resources in use (card, policy and edition), how they are loaded, and their swap.

The manifest of the edition names the digests of its card and policy, and exactly those are loaded.
A card that was promoted later waits until an edition is made with it.
"""

from __future__ import annotations

import contextlib
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
from api.editions.blind_index import SEARCH_KEY, index_of
from api.editions.demo import MARK, refuse_other_day
from api.editions.directory import Directory
from api.editions.edition import Edition
from api.editions.manifest import (
    CURRENT,
    DATABASE,
    DIRECTORY,
    MANIFEST,
    current_folder,
    editions_folder,
)
from api.editions.signature import SIGNATURE
from api.http.problem_kinds import NOT_READY
from api.http.problems import FieldError, ProblemError
from data.publishing.home_policy import CURRENT as ADOPTED
from data.publishing.home_policy import adopted_texts, adoptions, policy_folder
from data.publishing.published_card import (
    CHAMPION,
    card_with_digest,
    cards_folder,
    published_card,
    published_folder,
)
from data.publishing.signing import (
    PURPOSES,
    keys_folder,
    readable_private_keys,
    trusted_folder,
)
from model.card.card_file import CARD, CardFile
from model.card.card_file import MANIFEST as CARD_MANIFEST
from model.errors import CardError, ContractError, EditionError
from model.policy.policy import Policy, policy_on, read_policy
from model.policy.publication import Freshness, publication_limits_on
from model.policy.texts import earlier_policies, shipped_text
from model.policy.texts import use as use_texts
from model.profile.dictionary import Text

_WHITELIST = "rongzi whitelist --archive DIR --as-of DATE --out FILE.parquet"
POLICY = "policy.yaml"
_SHIPPED_POLICY = packaged.files("model.policy").joinpath("policy.yaml")

#: Size, inode and time of change by file; an empty stamp is a missing file.
Stamps = dict[Path, tuple[int, ...]]


def today_in_china() -> date:
    """Return today's date in China."""
    return date_in_china(datetime.now(tz=CHINA))


@dataclass(frozen=True)
class Age:
    """The age of an edition.

    Attributes
    ----------
    days : int
        From the as-of date to today, in a demo to the day it plays on.
    longest_days : int
        Age up to which the service approves by itself.
    """

    days: int
    longest_days: int
    freshness: Freshness


class Service:
    """Holds one consistent set of resources; every request uses one whole set, or is refused.

    Attributes
    ----------
    waiting : tuple of FieldError
        Published parts that cannot be used, while the previous set stays in use.
    draining : bool
        Whether the process is stopping.
    """

    def __init__(self, settings: Settings, today: Callable[[], date] = today_in_china) -> None:
        self.settings = settings
        self.today = today
        self.waiting: tuple[FieldError, ...] = ()
        self.draining = False
        self._loaded: Resources | tuple[FieldError, ...] = ()
        self._stamps: Stamps | None = None
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Load and verify the published resources if a file changed, and swap to them.

        This takes as long as reading the edition, so it runs on its own thread.
        """
        with self._lock:
            # Read the stamps before the files: a change in between is found at the next refresh.
            stamps = file_stamps(self.settings.home)
            if stamps != self._stamps:
                self._stamps = stamps
                allow_unsigned = self.settings.allow_unsigned_editions
                self._use(load(self.settings.home, allow_unsigned=allow_unsigned))

    def missing(self) -> tuple[FieldError, ...]:
        """Return the parts without which no decision can be made; empty if none is missing."""
        return () if isinstance(self._loaded, Resources) else self._loaded

    @property
    def plays_on(self) -> date | None:
        """The day that a demo plays on; None for any other home."""
        loaded = self._loaded
        return loaded.edition.manifest.plays_on if isinstance(loaded, Resources) else None

    def place_name(self, code: str) -> str | None:
        """Return the name of a place in the edition in use, if there is one that names it."""
        loaded = self._loaded
        return loaded.edition.place_name(code) if isinstance(loaded, Resources) else None

    def edition_age(self) -> Age:
        """Return the age of the edition in use, and what it may still be used for.

        Raises
        ------
        ProblemError
            If a part is missing.
        """
        today, manifest = self.today(), self.resources().edition.manifest
        limits = publication_limits_on(manifest.plays_on or today)
        days = manifest.age_days(today)
        return Age(days, limits.referred_edition_days, limits.freshness(days))

    def resources(self) -> Resources:
        """Return the resources for a request.

        Raises
        ------
        ProblemError
            If a part is missing; the problem names each part and its remedy.
        """
        if isinstance(self._loaded, Resources):
            return self._loaded
        raise ProblemError(NOT_READY, self._loaded)

    def _use(self, loaded: Resources | tuple[FieldError, ...]) -> None:
        previous = self._loaded
        if isinstance(loaded, Resources):
            self.waiting = awaiting_edition(self.settings.home, loaded)
            # One assignment: a request uses either the old set or the new one, never a mixture.
            self._loaded = loaded
            if not isinstance(previous, Resources) or previous.version != loaded.version:
                VERSION_SWAPS.labels("taken").inc()
                PROFILES_TIMESTAMP.set(midnight_in_china(loaded.edition.manifest.day).timestamp())
                _log_in_use(loaded)
        elif isinstance(previous, Resources):
            self.waiting = loaded
            VERSION_SWAPS.labels("kept").inc()
        else:
            self._loaded = loaded
        UNUSABLE_PARTS.set(len(self.waiting))
        for part in (*self.missing(), *self.waiting):
            log.warning(
                "not ready" if part in self.missing() else "kept the version before",
                part=part.field,
                why=part.expected.en,
            )


def warn_of_private_keys(home: Path) -> None:
    """Log each private key that signs and that this process can read: it needs none."""
    for purpose in readable_private_keys(home):
        log.warning("signing key within reach", part=purpose)


def _log_in_use(used: Resources) -> None:
    log.info(
        "in use",
        edition=used.edition.folder.name,
        card=used.card.digest,
        policy=used.policy.digest,
    )


# These are coroutines because FastAPI runs each plain function on a thread of its pool.
async def service_of(request: Request) -> Service:
    """Return the service behind `request`."""
    service: Service = request.app.state.service
    return service


async def resources_of(request: Request) -> Resources:
    """Return the resources for `request`; see `Service.resources`."""
    return (await service_of(request)).resources()


@dataclass(frozen=True)
class Resources:
    """A card, a policy and an edition that belong together, verified and in private copies.

    Attributes
    ----------
    directory : Directory or None
        None for an edition of a release that wrote none.
    """

    card: CardFile
    policy: Policy
    edition: Edition
    directory: Directory | None = None

    @property
    def version(self) -> tuple[str, str, str]:
        """The edition's folder, card digest and policy digest, which identify the set."""
        return self.edition.folder.name, self.card.digest, self.policy.digest


def load(home: Path, *, allow_unsigned: bool = False) -> Resources | tuple[FieldError, ...]:
    """Return the published resources, or each missing part and its remedy."""
    try:
        use_texts(adopted_texts(home))
        edition = Edition.current(home, allow_unsigned=allow_unsigned)
        refuse_other_day(home, edition.manifest)
        directory = Directory.of(edition.folder, edition.manifest, index_of(home))
    except EditionError as error:
        return (*_card_errors(home), FieldError("edition", Text(_EDITION_ZH, str(error))))
    except ContractError as error:
        return (FieldError("policy", Text(_POLICY_ZH, str(error))),)
    try:
        card = card_with_digest(home, edition.manifest.card_digest)
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    policy = _policy(home, edition.manifest.day, edition.manifest.policy_digest)
    if policy is None:
        return (FieldError("policy", _DIFFERENT_POLICY),)
    return Resources(card, policy, edition, directory)


def awaiting_edition(home: Path, used: Resources) -> tuple[FieldError, ...]:
    """Return the promoted card that has no edition yet, with the remedy; empty if there is none."""
    try:
        promoted = published_card(home).digest
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    if promoted == used.card.digest:
        return ()
    return (FieldError("edition", _newer_card(used.card.digest[:16], promoted[:16])),)


def file_stamps(home: Path) -> Stamps:
    """Return the stamps of all files that `load` reads, which change with the files."""
    return {path: _stamp(path) for path in _files(home)}


_CARD_ZH = "没有通过校验的评分卡；请训练并发布（rongzi train、rongzi promote）。详情见英文说明"
_EDITION_ZH = "没有通过校验的名单；请重新生成并发布（rongzi whitelist）。详情见英文说明"
_POLICY_ZH = "本机构采用的政策未通过校验；请恢复或重新采用（rongzi policy adopt）。详情见英文说明"
_DIFFERENT_POLICY = Text(
    f"名单所用的信贷政策与本版本不同；请重新生成名单（{_WHITELIST}）",
    f"the edition was made under another policy than this release ships; run: {_WHITELIST}",
)


def _card_errors(home: Path) -> tuple[FieldError, ...]:
    try:
        published_card(home)
    except CardError as error:
        return (FieldError("card", Text(_CARD_ZH, str(error))),)
    return ()


def _policy(home: Path, day: date, digest: str) -> Policy | None:
    """Return the policy with `digest`: in use, adopted earlier, or shipped by any release.

    An adoption or an upgrade may replace the policy after the edition was made; the edition's
    digest decides which one is used.
    """
    try:
        if (policy := policy_on(day)).digest == digest:
            return policy
    except ContractError:
        pass
    for text in _other_policies(home):
        try:
            policy = read_policy(text, day)
        except ContractError:
            continue
        if policy.digest == digest:
            return policy
    return None


def _other_policies(home: Path) -> Iterator[str]:
    """Yield the texts of earlier adoptions, then of this release and of earlier ones.

    The release is read as the process started and as its file is now.
    """
    for adoption in adoptions(home):
        if POLICY in adoption.texts:
            yield adoption.texts[POLICY]
    yield shipped_text(POLICY)
    yield from earlier_policies()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        yield _SHIPPED_POLICY.read_text(encoding="utf-8")


def _newer_card(used: str, promoted: str) -> Text:
    return Text(
        f"已发布评分卡 {promoted}，而名单由 {used} 生成，仍在使用；请重新生成名单（{_WHITELIST}）",
        f"card {promoted} is promoted, but the edition was made with card {used}, which stays in"
        f" use; run: {_WHITELIST}",
    )


def _files(home: Path) -> Iterator[Path]:
    yield cards_folder(home) / CHAMPION
    yield editions_folder(home) / CURRENT
    yield Path(str(_SHIPPED_POLICY))
    yield from (keys_folder(home) / SEARCH_KEY, home / MARK, policy_folder(home) / ADOPTED)
    for purpose in PURPOSES:
        yield from trusted_folder(home, purpose).glob("*.pem")
    try:
        edition, card = current_folder(home), published_folder(home)
    except (EditionError, CardError):
        return
    yield from (
        edition / DATABASE,
        edition / DIRECTORY,
        edition / MANIFEST,
        edition / SIGNATURE,
        card / CARD,
        card / CARD_MANIFEST,
    )


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_ino, status.st_mtime_ns
