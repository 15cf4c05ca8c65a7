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

    def make_folder(self) -> None:
        """Make the folder of a SQLite file."""
        if self.url.get_backend_name() == "sqlite":
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)

    def refuse_absent(self) -> None:
        """Refuse a SQLite file that is not there: a reader would make an empty one.

        Raises
        ------
        LedgerError
            Naming the file.
        """
        if self.url.get_backend_name() == "sqlite" and not Path(str(self.url.database)).exists():
            raise LedgerError(
                f"{self.url.database}: no ledger here; name its folder with --home, or its database"
                " with RONGZI_DATABASE_URL"
            )
