"""Where a ledger is: its database, its keys, and the outside file of its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

from api.ledger.engine import database_url
from api.settings import Settings
from model.errors import LedgerError


@dataclass(frozen=True)
class Location:
    """One ledger's three places; they belong on three different disks."""

    url: URL
    keys: Path
    outside: Path

    @classmethod
    def of(cls, settings: Settings) -> Location:
        """Return where the ledger of `settings` is.

        Raises
        ------
        LedgerError
            If ``RONGZI_DATABASE_URL`` names no database.
        """
        folder = settings.home / "ledger"
        return cls(
            database_url(settings.database_url, folder / "ledger.db"),
            settings.home / "keys",
            settings.checkpoints or folder / "checkpoints.jsonl",
        )

    @property
    def file(self) -> Path | None:
        """The database's file; None where a server keeps it."""
        return Path(str(self.url.database)) if self.url.get_backend_name() == "sqlite" else None

    def make_file(self) -> None:
        """Make an empty SQLite file where there is none, readable by the service's account alone.

        An engine never does: a ledger whose file is gone is no new ledger.
        """
        if self.file:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.file.touch(mode=0o600)

    def refuse_absent(self) -> None:
        """Refuse a SQLite file that is not there: a reader would make an empty one.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self.file and not self.file.exists():
            raise LedgerError(
                f"{self.file}: no ledger here; name its folder with --home, or its database"
                " with RONGZI_DATABASE_URL"
            )
