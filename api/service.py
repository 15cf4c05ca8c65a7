"""The running service: the one set of card, policy and edition that is in use, and its swap."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime

from starlette.requests import Request

from api.china_time import CHINA, date_in_china, midnight_in_china
from api.problem_kinds import NOT_READY
from api.problems import FieldError, ProblemError
from api.resources import Resources, Stamps, awaiting, load, stamps
from api.running.logs import log
from api.running.metrics import PROFILES_AT, SWAPS, WAITING
from api.settings import Settings


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
            found = stamps(self.settings.home)
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
            self.waiting = awaiting(self.settings.home, found)
            # One assignment: a request holds either the old set or the new one, never a mixture.
            self._found = found
            if not isinstance(used, Resources) or used.version != found.version:
                SWAPS.labels("taken").inc()
                PROFILES_AT.set(midnight_in_china(found.edition.manifest.day).timestamp())
                _tell_taken(found)
        elif isinstance(used, Resources):
            self.waiting = found
            SWAPS.labels("kept").inc()
        else:
            self._found = found
        WAITING.set(len(self.waiting))
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
