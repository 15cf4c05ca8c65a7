"""The open ledger: one thread commits the queued commands in groups.

A decision is durable before it is answered. Throughput comes from sharing one commit among all
queued commands, and from committing the next group while the checkpoint of this one is written to
disk; never from answering early.
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
from api.ledger.commands import Answer, Authorized, Command, View, Written
from api.ledger.database import LOCK_SECONDS, Location
from api.ledger.errors import InProgressError, LedgerAwayError, LedgerBusyError, LedgerRefusalError
from api.ledger.queue import Outcome, Queue, QueuedCommand, deliver_outcomes
from api.ledger.store import Store, utc_now
from model.errors import LedgerError

T = TypeVar("T")

MAX_QUEUED = 1_024
MAX_GROUP = 64
#: The cost of a group hardly depends on its size. So it waits this long for each client that was
#: just answered and is expected to send again: about what one request costs the event loop and
#: this thread. Under overload requests come one by one and need most of this time.
LINGER_SECONDS = 0.0008
#: A database that takes this long to fail is locked or unreachable; the group is not the cause.
_UNREACHABLE_SECONDS = LOCK_SECONDS / 2
#: Errors of the database or its disk, not of a command.
_STORAGE_ERRORS = (DBAPIError, PoolTimeoutError, OSError, LedgerError)


class Ledger:
    """Runs commands and returns durable answers; several processes may have one ledger open."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = Store(Location.of(settings), clock)
        self._queue = Queue()
        self._running_scopes: set[str] = set()
        self._lock = threading.Lock()
        self._pending = 0
        self._is_closed = False
        self.fault: str | None = None
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._sealer = ThreadPoolExecutor(1, "ledger-sealer")
        self._last_seal: Future[None] | None = None

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] = utc_now) -> Ledger:
        """Open the ledger of `settings`; tables and keys are created at first use.

        The service starts even if the database is not available: writes are then refused, and
        `fault` holds the reason.

        Raises
        ------
        LedgerError
            If ``RONGZI_DATABASE_URL`` is not the address of a supported database.
        """
        ledger = cls(settings, clock)
        with contextlib.suppress(*_STORAGE_ERRORS):
            ledger._prepare()
        ledger._thread.start()
        return ledger

    async def find_fault(self) -> str | None:
        """Return why the ledger cannot be written, or None; reopen it if that is possible."""
        try:
            await self.write(_Probe())
        except LedgerRefusalError:
            return self.fault or "The ledger cannot be written at the moment"
        return None

    async def write(self, command: Command, authority: str | None = None) -> Answer:
        """Run `command` under `authority` and return its answer once it is durable.

        Raises
        ------
        LedgerRefusalError
            If a command with the same key is running, the key was used for another request, the
            ledger is not available, or the queue is full.
        Exception
            Whatever the command raises to refuse.
        """
        loop = asyncio.get_running_loop()
        promise: asyncio.Future[Outcome] = loop.create_future()
        self._submit(QueuedCommand(Authorized(command, authority), promise, loop))
        return _answer_or_raise(await promise)

    def write_now(self, command: Command, authority: str | None = None) -> Answer:
        """Run `command` as `write` does, but from a plain thread."""
        promise: Future[Outcome] = Future()
        self._submit(QueuedCommand(Authorized(command, authority), promise))
        return _answer_or_raise(promise.result())

    @contextlib.contextmanager
    def read(self) -> Iterator[View]:
        """Yield a read-only view of what is committed.

        Raises
        ------
        LedgerAwayError
            If the database is not available.
        """
        if not self._store.is_ready:
            # The probe may reopen the ledger for the next read.
            self._submit(QueuedCommand(Authorized(_Probe()), Future()))
        try:
            with self._store.read() as view:
                yield view
        except _STORAGE_ERRORS as error:
            log.warning("database away", why=_describe(error))
            raise LedgerAwayError from error

    def sign(self, payload: bytes) -> bytes:
        """Return the signature of `payload` by the ledger's key.

        Raises
        ------
        LedgerAwayError
            If the ledger is not open.
        """
        try:
            return self._store.sign(payload)
        except LedgerError as error:
            raise LedgerAwayError from error

    def close(self) -> None:
        """Run the queued commands, seal the last entry, and close the database."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
        self._queue.close()
        self._thread.join()

    def _submit(self, queued: QueuedCommand) -> None:
        idempotency = queued.command.idempotency
        with self._lock:
            if self._is_closed:
                raise LedgerAwayError
            if self._pending >= MAX_QUEUED:
                raise LedgerBusyError
            if idempotency:
                if idempotency.scope in self._running_scopes:
                    raise InProgressError
                self._running_scopes.add(idempotency.scope)
            self._pending += 1
            QUEUED_COMMANDS.set(self._pending)
        self._queue.put(queued)

    def _work(self) -> None:
        expected = 1
        while group := self._queue.take_group(MAX_GROUP, expected, LINGER_SECONDS * expected):
            self._serve(group)
            # Clients answered now send again soon, besides those that queued meanwhile.
            expected = len(group) + len(self._queue)
        self._sealer.shutdown()
        self._store.close()

    def _serve(self, group: list[QueuedCommand]) -> None:
        began = monotonic()
        try:
            outcomes, checkpoint = self._commit([queued.authorized for queued in group])
        except Exception as error:
            if isinstance(error, _STORAGE_ERRORS) and monotonic() - began > _UNREACHABLE_SECONDS:
                # Commands queued meanwhile would wait as long again for the same lock.
                group = group + self._queue.take_all()
            self._answer(group, _refusals(error, group))
        else:
            self._last_seal = self._sealer.submit(self._seal, group, outcomes, checkpoint)

    @COMMIT_SECONDS.time()
    def _commit(self, commands: list[Authorized]) -> tuple[list[Outcome], Checkpoint | None]:
        COMMANDS_PER_COMMIT.observe(len(commands))
        self._prepare()
        try:
            return self._record_fault(lambda: self._store.commit(commands))
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The server of a pooled connection was restarted, nothing was written: try once more.
            return self._record_fault(lambda: self._store.commit(commands))

    def _seal(
        self, group: list[QueuedCommand], outcomes: list[Outcome], checkpoint: Checkpoint | None
    ) -> None:
        """Seal a committed group on the sealer's thread, and only then answer it."""
        try:
            self._record_fault(lambda: self._store.seal(checkpoint))
            self._clear_fault()
        except Exception as error:
            outcomes = _refusals(error, group)
        self._answer(group, outcomes)

    def _prepare(self) -> None:
        if not self._store.is_ready:
            # The last line goes to the file that `prepare` closes.
            self._await_last_seal()
            self._record_fault(self._store.prepare)
            self._clear_fault()
        if self._store.is_unsealed:
            self._await_last_seal()
            # Commit nothing more while the checkpoint file cannot be written.
            self._record_fault(self._store.seal_missing)

    def _await_last_seal(self) -> None:
        if self._last_seal:
            self._last_seal.result()

    def _record_fault(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except _STORAGE_ERRORS as error:
            self.fault = _describe(error)
            DATABASE_UP.set(0)
            log.error("database away", why=self.fault)
            self._store.forget_connections()
            raise

    def _clear_fault(self) -> None:
        if self.fault:
            log.info("database back")
        self.fault = None
        DATABASE_UP.set(1)

    def _answer(self, group: list[QueuedCommand], outcomes: list[Outcome]) -> None:
        scopes = {each.command.idempotency.scope for each in group if each.command.idempotency}
        with self._lock:
            self._running_scopes -= scopes
            self._pending -= len(group)
            QUEUED_COMMANDS.set(self._pending)
        deliver_outcomes(zip(group, outcomes, strict=True))


class _Probe:
    """A command that takes the chain's lock and writes nothing."""

    idempotency = None

    def run(self, view: View) -> Written:
        """Do nothing."""
        return Written(Answer(204, b""), ())


def _refusals(error: Exception, group: list[QueuedCommand]) -> list[Outcome]:
    if isinstance(error, _STORAGE_ERRORS):
        return [LedgerAwayError() for _ in group]
    log.error("fault", error=type(error).__qualname__, at=error_location(error))
    return [error for _ in group]


def _answer_or_raise(outcome: Outcome) -> Answer:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _describe(error: Exception) -> str:
    # The message of a driver may quote a row, or an address with a password.
    if isinstance(error, LedgerError):
        return str(error)
    origin = getattr(error, "orig", None) or error
    return type(origin).__qualname__
