"""What a demo makes, where it keeps it, and what each step used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

AS_OF = date(2023, 10, 1)


@dataclass(frozen=True)
class Demo:
    """Where a demo keeps what it makes."""

    home: Path
    reports: Path
    mlruns: Path

    @property
    def inbox(self) -> Path:
        """Branch files as branches would send them."""
        return self.home / "inbox"

    @property
    def archive(self) -> Path:
        """The archive that the branch files are imported into."""
        return self.home / "archive"

    @property
    def simulated(self) -> Path:
        """The archive as simulated, before it became files."""
        return self.home / "simulated"

    @property
    def truth(self) -> Path:
        """What a standard loan would have become, for every member; no other step reads it."""
        return self.home / "truth" / f"{AS_OF}.parquet"

    @property
    def edition(self) -> Path:
        """The whitelist's rows."""
        return self.home / "profiles" / f"whitelist-{AS_OF}.parquet"


@dataclass(frozen=True)
class Step:
    """One step: its command, wall seconds and the peak memory of its largest process."""

    name: str
    seconds: float
    peak_mib: float
