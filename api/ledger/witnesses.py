"""Witnesses: second places that receive every checkpoint and that the service cannot rewrite.

Who holds the service's account can cut the end of the ledger and of its checkpoint file. A witness
under another account, or on another host, keeps the lines that show it; ``verify-ledger --against``
reads them. A witness that fails is reported and does not stop the service.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from api.core.log import log
from api.core.metrics import WITNESS_FAILURES
from api.ledger.checkpoints import Checkpoint
from api.ledger.time_stamps import TimeStamps
from model.errors import SettingError

_SECONDS = 1.0
_STAMPING = ("rfc3161+http", "rfc3161+https")
_SYSLOG_PORT = 514
#: RFC 5424, section 6.2.1: facility 13 (log audit), severity 6 (informational).
_PRIORITY = 13 * 8 + 6


class Witness(Protocol):
    """A place that receives checkpoints."""

    def attest(self, checkpoint: Checkpoint) -> None:
        """Send one checkpoint.

        Raises
        ------
        OSError
            If it was not taken.
        """

    def close(self) -> None:
        """Close the connection to the place."""


class AppendOnlyFile:
    """A file that exists already, of another account or with the attribute append-only.

    It is opened for appending, never read, created or truncated. A named pipe that a process of
    another account empties is such a file too.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def attest(self, checkpoint: Checkpoint) -> None:
        """Append the line of `checkpoint`; see `Witness`."""
        self.append(checkpoint.line())

    def append(self, line: str) -> None:
        """Append `line`, which ends with a line feed.

        Raises
        ------
        OSError
            If the file does not take all of it.
        """
        if self._file is None:
            # Without O_NONBLOCK, a pipe that nobody reads would stop the service.
            flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
            self._file = os.open(self._path, flags)
        if os.write(self._file, line.encode()) < len(line):
            raise OSError("the line was cut short")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Syslog:
    """A syslog daemon (RFC 5424): a local datagram socket, or a host by UDP (RFC 5426)."""

    def __init__(self, address: str | tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None

    def attest(self, checkpoint: Checkpoint) -> None:
        """Send one message with the line of `checkpoint`; see `Witness`."""
        if self._socket is None:
            self._socket = self._connect()
        moment = datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = f"<{_PRIORITY}>1 {moment} {socket.gethostname()} rongzi-e {os.getpid()} checkpoint -"
        self._socket.send(f"{head} {checkpoint.line().strip()}".encode())

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> socket.socket:
        family: int
        address: Any
        if isinstance(self._address, str):
            family, address = socket.AF_UNIX, self._address
        else:
            found = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)
            family, *_, address = found[0]
        opened = socket.socket(family, socket.SOCK_DGRAM)
        opened.settimeout(_SECONDS)
        try:
            opened.connect(address)
        except OSError:
            opened.close()
            raise
        return opened


class Witnesses:
    """All witnesses of a ledger; a failure of one is logged and counted, and tried again."""

    def __init__(self, names: Sequence[str]) -> None:
        self._by_name = {name: witness_of(name) for name in names}

    def attest(self, checkpoint: Checkpoint) -> None:
        """Send `checkpoint` to each witness."""
        for name, witness in self._by_name.items():
            try:
                witness.attest(checkpoint)
            except OSError as error:
                witness.close()
                _report_failure(name, error)

    def close(self) -> None:
        """Close every witness."""
        for witness in self._by_name.values():
            witness.close()


def _report_failure(name: str, error: Exception) -> None:
    WITNESS_FAILURES.inc()
    log.error("witness failed", why=f"{name}: {type(error).__qualname__}")


def witness_of(name: str) -> Witness:
    """Return the witness of a name.

    ``file:PATH``, ``syslog:SOCKET``, ``syslog://HOST:PORT``, or ``rfc3161+http://HOST/PATH#FILE``
    (also ``https``): an authority, and the file that keeps its stamps.

    Raises
    ------
    SettingError
        If the name has another form.
    """
    try:
        parts = urlsplit(name)
        port = parts.port or _SYSLOG_PORT
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return AppendOnlyFile(Path(parts.path))
    if parts.scheme == "syslog" and parts.path and not parts.netloc:
        return Syslog(parts.path)
    if parts.scheme == "syslog" and parts.hostname and not parts.path:
        return Syslog((parts.hostname, port))
    if parts.scheme in _STAMPING and parts.hostname and parts.fragment and not parts.username:
        url = parts._replace(scheme=parts.scheme.partition("+")[2], fragment="").geturl()
        kept = AppendOnlyFile(Path(parts.fragment))
        return TimeStamps(url, kept, lambda error: _report_failure(name, error))
    raise SettingError(
        f"RONGZI_WITNESSES: {name!r} is neither file:PATH nor syslog:SOCKET nor syslog://HOST:PORT"
        " nor rfc3161+https://HOST/PATH#FILE"
    )
