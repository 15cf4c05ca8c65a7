"""The folders of a demo, and the resources that each of its steps used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

AS_OF = date(2023, 10, 1)
#: The day that the demo's service takes for today when it judges the age of the edition.
PLAYS_ON = date(2023, 10, 9)


@dataclass(frozen=True)
class Demo:
    """The folders that a demo writes to."""

    home: Path
    reports: Path
    mlruns: str

    @property
    def inbox(self) -> Path:
        """Files as branches would send them."""
        return self.home / "inbox"

    @property
    def archive(self) -> Path:
        """The archive that the branch files are imported into."""
        return self.home / "archive"

    @property
    def simulated(self) -> Path:
        """The simulated archive that the branch files are exported from."""
        return self.home / "simulated"

    @property
    def truth(self) -> Path:
        """Every member's outcome of a standard loan; only the summary reads it."""
        return self.home / "truth" / f"{AS_OF}.parquet"

    @property
    def offers_truth(self) -> Path:
        """The outcomes of the loans that the edition offers."""
        return self.home / "truth" / f"offers-{AS_OF}.parquet"

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
