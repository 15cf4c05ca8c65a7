"""Everything an operator can set of the service, from the environment, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.access.settings import AccessSettings
from model.errors import SettingError

HOME = "RONGZI_HOME"
DATABASE_URL = "RONGZI_DATABASE_URL"
CHECKPOINTS = "RONGZI_CHECKPOINTS"
DEFAULT_HOME = "data"
MOST_IN_WORK = "RONGZI_MOST_IN_WORK"


@dataclass(frozen=True)
class Settings:
    """Settings of one service process.

    Attributes
    ----------
    home : Path
        Folder of published cards, trusted keys and editions (``RONGZI_HOME``, default ``data``).
    most_in_work : int
        Requests a worker works on at once; more are told to come again (``RONGZI_MOST_IN_WORK``).
    database_url : str or None
        The ledger's database (``RONGZI_DATABASE_URL``); None keeps it in SQLite under `home`.
    checkpoints : Path or None
        The outside file of checkpoints (``RONGZI_CHECKPOINTS``), best on another disk; None puts it
        beside the SQLite file.
    access : AccessSettings
        Limits of callers, trusted proxies, the identity provider.
    """

    home: Path = Path(DEFAULT_HOME)
    most_in_work: int = 24
    database_url: str | None = field(default=None, repr=False)
    checkpoints: Path | None = None
    access: AccessSettings = field(default_factory=AccessSettings)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables."""
        checkpoints = environment.get(CHECKPOINTS)
        return cls(
            home=Path(environment.get(HOME) or DEFAULT_HOME),
            most_in_work=_whole(environment, MOST_IN_WORK, cls.most_in_work),
            database_url=environment.get(DATABASE_URL) or None,
            checkpoints=Path(checkpoints) if checkpoints else None,
            access=AccessSettings.from_env(environment),
        )


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    given = environment.get(name) or str(default)
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= 1_000_000:
        raise SettingError(f"{name}: expected a whole number from 1 to 1000000; correct it")
    return int(given)
