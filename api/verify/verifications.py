"""Verifications that the service runs: one at a time on a home, whichever worker was asked.

How the last one stands lies in a file of the home. A lock, which the verifying process holds to its
end, tells one that runs from one that was ended: a killed process frees it.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from api.core.settings import Settings
from api.ledger.database import Location
from api.verify.run import order_of, write_state

State = Literal["NONE", "RUNNING", "SOUND", "UNSOUND", "FAILED", "STOPPED"]
_MODULE = "api.verify.run"
_ENDING_SECONDS = 0.05
#: Settings of the service, some secret, which a verification needs nothing of beside its order.
_SETTINGS = "RONGZI_"


class Verifications:
    """The verifications of the home of `settings`, as one worker sees and starts them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folder = settings.home / "ledger"
        self._file, self._lock = folder / "verification.json", folder / "verification.lock"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, actor: str) -> bool:
        """Start a verification for `actor`; return False if one is running.

        Raises
        ------
        LedgerError
            If the setting of the database is no address.
        """
        location = Location.of(self._settings)
        lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            if not await self._taken(lock):
                return False
            begun = {"begun_at": datetime.now(tz=UTC).isoformat(), "begun_by": actor}
            await asyncio.to_thread(write_state, self._file, begun)
            # The process inherits the open lock, and with it the hold on it.
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _MODULE, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
                pass_fds=(lock,), env=_environment(),
            )  # fmt: skip
            order = order_of(location, self._settings.home, begun, self._file)
            await _send(self._process, order)
            return True
        finally:
            os.close(lock)

    def last(self) -> dict[str, Any]:
        """Return how the last verification stands, with its report once there is one."""
        try:
            found: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"state": "NONE"}
        return {**found, "state": self._state(found)}

    async def stop(self) -> None:
        """End the verification that this worker started, if it runs still."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _taken(self, lock: int) -> bool:
        """Take the lock; wait for a process that has written its report and is about to end."""
        while not _take(lock):
            if self.last()["state"] == "RUNNING":
                return False
            await asyncio.sleep(_ENDING_SECONDS)
        return True

    def _state(self, found: dict[str, Any]) -> State:
        if report := found.get("report"):
            return "SOUND" if report["is_sound"] else "UNSOUND"
        if "failure" in found:
            return "FAILED"
        return "RUNNING" if _is_held(self._lock) else "STOPPED"


async def _send(process: asyncio.subprocess.Process, order: bytes) -> None:
    stream = process.stdin
    assert stream is not None
    stream.write(order)
    stream.close()


def _environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith(_SETTINGS)}


def _take(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(path: Path) -> bool:
    """Return whether another process holds the lock at `path`."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
