"""The running service: the resources in use, and when to look at them again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

from starlette.requests import Request

from api.problem_kinds import NOT_READY
from api.problems import FieldError, ProblemError
from api.resources import Resources, load
from api.settings import Settings

#: China keeps one time, without summer time.
_CHINA = timezone(timedelta(hours=8))


def today_in_china() -> date:
    """Return today's date where the loans are made."""
    return datetime.now(tz=_CHINA).date()


class Service:
    """Holds one consistent set of resources; every request takes it whole, or is refused."""

    def __init__(self, settings: Settings, today: Callable[[], date] = today_in_china) -> None:
        self.settings = settings
        self.today = today
        self._found: Resources | tuple[FieldError, ...] = ()

    def look(self) -> None:
        """Verify and open what is published now."""
        self._found = load(self.settings.home)

    def missing(self) -> tuple[FieldError, ...]:
        """Return what is missing, after looking again if anything was or any file changed."""
        if not (isinstance(self._found, Resources) and self._found.untouched()):
            self.look()
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


def service_of(request: Request) -> Service:
    """Return the service behind `request`."""
    found: Service = request.app.state.service
    return found


def resources_of(request: Request) -> Resources:
    """Return the resources that answer `request`; see `Service.resources`."""
    return service_of(request).resources()
