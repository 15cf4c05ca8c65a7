"""A PostgreSQL server in a temporary folder, for tests and benchmarks.

PostgreSQL refuses to run as root; under root it runs as the account ``postgres``.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.service.ports import free_port

_TIMEOUT_SECONDS = 60


@dataclass
class Postgres:
    """One server: the folder of its programs, its data folder, and its port on loopback.

    Attributes
    ----------
    durable : bool
        False leaves out fsync: faster, and still safe after a killed process, but not after a
        power cut.
    """

    programs: Path
    folder: Path
    durable: bool = False
    port: int = 0
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    @classmethod
    def found(cls, folder: Path, *, durable: bool = False) -> Postgres | None:
        """Return a server in `folder`, not started yet; None where PostgreSQL is not installed.

        The account ``postgres`` must be able to enter `folder`, so it cannot be one of pytest's.
        """
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        on_path = shutil.which("initdb")
        program = programs[-1] if programs else Path(on_path) if on_path else None
        return cls(program.parent, folder, durable) if program else None

    def start(self) -> None:
        """Create the server's files and start it."""
        self.port = free_port()
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "owner", "-E", "UTF8",
                  "--no-locale", "--no-sync")  # fmt: skip
        self.restart()

    def restart(self) -> None:
        """Start the server on its existing files."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        if not self.durable:
            options += " -c fsync=off"
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self, how: str = "fast") -> None:
        """Stop the server; ``immediate`` has the effect of a kill."""
        self._control("stop", "-m", how)

    def new_database(self) -> str:
        """Return the address of a new, empty database."""
        name = f"ledger{next(self._numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str, account: str = "owner") -> str:
        """Return the address of a database for an account."""
        return f"postgresql://{account}@127.0.0.1:{self.port}/{database}"

    def sql(self, database: str, statement: str) -> str:
        """Run a statement as the owner and return its output."""
        server = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "owner", "-d", database)
        return self._run("psql", *server, "-v", "ON_ERROR_STOP=1", "-qAt", "-c", statement)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _control(self, action: str, *options: str) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "-t", str(_TIMEOUT_SECONDS), *options, action)

    def _run(self, program: str, *options: str) -> str:
        command = [str(self.programs / program), *options]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS + 10,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr or done.stdout}")
        return done.stdout.strip()
