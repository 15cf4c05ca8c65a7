"""Everything an operator can set of the service, from the environment, in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME = "RONGZI_HOME"
DEFAULT_HOME = "data"


@dataclass(frozen=True)
class Settings:
    """Settings of one service process.

    Attributes
    ----------
    home : Path
        Folder of published cards, trusted keys and editions (``RONGZI_HOME``, default ``data``).
    """

    home: Path = Path(DEFAULT_HOME)

    @classmethod
    def from_env(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings from environment variables."""
        return cls(home=Path(environment.get(HOME) or DEFAULT_HOME))
