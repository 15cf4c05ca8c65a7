"""The one way into the ledger: a thread that commits whatever waits, together.

A decision is durable before it is answered. Throughput comes from sharing one commit among all
that wait, and from committing the next group while the line that seals this one is on its way to
the disk; never from answering early.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.core.log import error_location, log
from api.core.metrics import COMMANDS_PER_COMMIT, COMMIT_SECONDS, DATABASE_UP, QUEUED_COMMANDS
from api.core.settings import Settings
from api.ledger.checkpoints import Checkpoint
from api.ledger.commands import Answer, Command, View, Written
from api.ledger.database import LOCK_SECONDS, Location
from api.ledger.errors import InProgressError, LedgerAwayError, LedgerBusyError, LedgerRefusalError
from api.ledger.group import Outcome
from api.ledger.queue import Queue, QueuedCommand, settle
from api.ledger.store import Store, utc_now
from model.errors import LedgerError

T = TypeVar("T")

MOST_WAITING = 1_024
MOST_IN_A_GROUP = 64
#: What a group costs hardly depends on how many share it, so it waits for those who were answered a
#: moment ago: so long for each that is expected, about what one costs the event loop and this
#: thread. Under overload they come one by one, not all at once, and need most of it.
LINGER_SECONDS = 0.0008
#: A database that takes so long to fail is locked or out of reach, not at odds with one group.
_LONG_SECONDS = LOCK_SECONDS / 2
#: What says that the database or its disk is at fault, not the command.
_AWAY = (DBAPIError, PoolTimeoutError, OSError, LedgerError)


class Ledger:
    """Commands in, durable answers out; any number of processes may hold one ledger."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = Store(Location.of(settings), clock)
        self._queue = Queue()
        self._running: set[str] = set()
        self._guard = threading.Lock()
        self._waiting = 0
        self._closed = False
        self.fault: str | None = None
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._sealer = ThreadPoolExecutor(1, "ledger-sealer")
        self._sealing: Future[None] | None = None

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] = utc_now) -> Ledger:
        """Open the ledger that `settings` name; tables and keys are made at first use.

        A database that is away now is no reason not to start: writes are refused until it is back,
        and `fault` says why.

        Raises
        ------
        LedgerError
            If ``RONGZI_DATABASE_URL`` names no database.
        """
        ledger = cls(settings, clock)
        with contextlib.suppress(*_AWAY):
            ledger._prepare()
        ledger._thread.start()
        return ledger

    async def why_away(self) -> str | None:
        """Return why nothing can be written now, or None: looks, and heals what can be healed."""
        try:
            await self.write(_Probe())
        except LedgerRefusalError:
            return self.fault or "The ledger cannot be written at the moment"
        return None

    async def write(self, command: Command) -> Answer:
        """Run `command` and return its answer when it is durable.

        Raises
        ------
        LedgerRefusalError
            If a command with the same key is running, the key came with another request before,
            the ledger is away, or too many commands wait.
        Exception
            What the command itself refused with.
        """
        loop = asyncio.get_running_loop()
        promise: asyncio.Future[Outcome] = loop.create_future()
        self._submit(QueuedCommand(command, promise, loop))
        return _told(await promise)

    def write_now(self, command: Command) -> Answer:
        """Do the same from a plain thread."""
        promise: Future[Outcome] = Future()
        self._submit(QueuedCommand(command, promise))
        return _told(promise.result())

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """Yield a read-only view of what is committed.

        Raises
        ------
        LedgerAwayError
            If the database is away.
        """
        if not self._store.is_ready:
            self._submit(QueuedCommand(_Probe(), Future()))  # the next read may find it open
        try:
            with self._store.read() as view:
                yield view
        except _AWAY as error:
            log.warning("database away", why=_why(error))
            raise LedgerAwayError() from error

    def close(self) -> None:
        """Finish what waits, seal the last entry, and let go of the database."""
        with self._guard:
            if self._closed:
                return
            self._closed = True
        self._queue.close()
        self._thread.join()

    def _submit(self, waiting: QueuedCommand) -> None:
        idempotency = waiting.command.idempotency
        with self._guard:
            if self._closed:
                raise LedgerAwayError()
            if self._waiting >= MOST_WAITING:
                raise LedgerBusyError()
            if idempotency:
                if idempotency.scope in self._running:
                    raise InProgressError()
                self._running.add(idempotency.scope)
            self._waiting += 1
            QUEUED_COMMANDS.set(self._waiting)
        self._queue.put(waiting)

    def _work(self) -> None:
        expected = 1
        while group := self._queue.group(MOST_IN_A_GROUP, expected, LINGER_SECONDS * expected):
            self._serve(group)
            # Who is answered now asks again soon, beside those who came meanwhile.
            expected = len(group) + len(self._queue)
        self._sealer.shutdown()
        self._store.close()

    def _serve(self, group: list[QueuedCommand]) -> None:
        began = monotonic()
        try:
            outcomes, made = self._committed([waiting.command for waiting in group])
        except Exception as error:
            if isinstance(error, _AWAY) and monotonic() - began > _LONG_SECONDS:
                # Who came meanwhile would wait as long again for the same lock.
                group = group + self._queue.rest()
            self._answer(group, _refused(error, group))
        else:
            self._sealing = self._sealer.submit(self._seal, group, outcomes, made)

    @COMMIT_SECONDS.time()
    def _committed(self, commands: list[Command]) -> tuple[list[Outcome], Checkpoint | None]:
        COMMANDS_PER_COMMIT.observe(len(commands))
        self._prepare()
        try:
            return self._watched(lambda: self._store.commit(commands))
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # A pooled connection whose server was restarted: nothing was written, so once more.
            return self._watched(lambda: self._store.commit(commands))

    def _seal(
        self, group: list[QueuedCommand], outcomes: list[Outcome], made: Checkpoint | None
    ) -> None:
        """Seal a committed group, on the sealer's thread, and only then answer it."""
        try:
            self._watched(lambda: self._store.seal(made))
            self._note_whole()
        except Exception as error:
            outcomes = _refused(error, group)
        self._answer(group, outcomes)

    def _prepare(self) -> None:
        if not self._store.is_ready:
            if self._sealing:
                self._sealing.result()  # its line goes to the file that is let go now
            self._watched(self._store.prepare)
            self._note_whole()
        if self._store.is_unsealed:
            if self._sealing:
                self._sealing.result()
            # While lines cannot be written outside, nothing more is committed inside.
            self._watched(self._store.seal_rest)

    def _watched(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except _AWAY as error:
            self.fault = _why(error)
            DATABASE_UP.set(0)
            log.error("database away", why=self.fault)
            self._store.forget_connections()
            raise

    def _note_whole(self) -> None:
        if self.fault:
            log.info("database back")
        self.fault = None
        DATABASE_UP.set(1)

    def _answer(self, group: list[QueuedCommand], outcomes: list[Outcome]) -> None:
        self._release(group)
        settle(zip(group, outcomes, strict=True))

    def _release(self, group: list[QueuedCommand]) -> None:
        scopes = {
            waiting.command.idempotency.scope for waiting in group if waiting.command.idempotency
        }
        with self._guard:
            self._running -= scopes
            self._waiting -= len(group)
            QUEUED_COMMANDS.set(self._waiting)


class _Probe:
    """Takes the chain's lock and writes nothing."""

    idempotency = None

    def run(self, view: View) -> Written:
        """Do nothing."""
        return Written(Answer(204, b""), ())


def _refused(error: Exception, group: list[QueuedCommand]) -> list[Outcome]:
    if isinstance(error, _AWAY):
        return [LedgerAwayError() for _ in group]
    log.error("fault", error=type(error).__qualname__, at=error_location(error))
    return [error for _ in group]


def _told(outcome: Outcome) -> Answer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _why(error: Exception) -> str:
    # A driver's message may quote the row it could not write, or an address with its password.
    if isinstance(error, LedgerError):
        return str(error)
    origin = getattr(error, "orig", None) or error
    return type(origin).__qualname__
