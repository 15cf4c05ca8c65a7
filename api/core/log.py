"""The service's log: one JSON object a line, with declared events and fields only.

More people read a log than an archive. Events and field names come from fixed sets, and each field
has a pattern for its value. Everything else is dropped before it is written, so that no name in a
message, id number in an exception or unforeseen key gets into the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

#: Every event of the log. Messages of other libraries are logged as "foreign", without their text.
EVENTS = frozenset(
    {
        "request", "refused", "fault", "foreign", "started", "in use", "not ready",
        "kept the version before", "draining", "stopped", "server", "overloaded",
        "database away", "database back", "webhook failed", "webhook thread ended", "parent gone",
        "runs as root", "mass access",
        "account differs", "second factor differs", "refresh token reused", "clock went back",
        "witness failed", "verification begun", "verification not begun",
        "unsigned edition in use", "signing key within reach",
    }
)  # fmt: skip
#: The HTTP server's messages are logged in full: they name processes and listening addresses, never
#: a request.
_SERVER_LOGGER = "_granian"


def _text(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _number(value: Any) -> bool:
    # A phone number has more digits.
    return isinstance(value, int | float) and abs(value) < 1e9


_ROUTE = _text(r"-|/|(/v1)?(/[a-z][a-z._-]*|/\{[a-z_]+\})+")
#: Without digits, so that no number of a person fits.
_NAME = _text(r"[A-Za-z_.-]{1,80}")
#: Field → test of its value. `why` and `message` hold sentences that this product wrote.
FIELDS: dict[str, Callable[[Any], bool]] = {
    "level": _NAME,
    "timestamp": _text(r"[0-9TZ:.+-]{10,40}"),
    "request_id": _text(r"[A-Za-z0-9-]{8,64}"),
    "decision_id": _text(r"[0-9a-f-]{36}"),
    "subject": _text(r"[A-Za-z0-9_.:@|-]{1,64}"),
    "method": _text(r"[A-Z]{1,10}|\?"),
    "route": _ROUTE,
    "status": _number,
    "ms": _number,
    "count": _number,
    "kind": _NAME,
    "logger": _NAME,
    "error": _text(r"[A-Za-z_.]{1,80}"),
    "at": _text(r"[A-Za-z0-9_./<>:-]{1,120}( < [A-Za-z0-9_./<>:-]{1,120}){0,7}"),
    "part": _NAME,
    "why": lambda value: isinstance(value, str) and len(value) <= 600,
    "edition": _text(r"[0-9a-f-]{23}"),
    "card": _text(r"[0-9a-f]{64}"),
    "policy": _text(r"[0-9a-f]{64}"),
    "worker": _number,
    "seconds": _number,
    "message": lambda value: isinstance(value, str) and len(value) <= 600,
}


def drop_undeclared(_: WrappedLogger, __: str, event_dict: EventDict) -> EventDict:
    """Return the declared event and fields of `event_dict`."""
    event = event_dict.pop("event", None)
    is_declared = isinstance(event, str) and event in EVENTS
    declared = {
        name: value for name, value in event_dict.items() if name in FIELDS and FIELDS[name](value)
    }
    return {"event": event if is_declared else "undeclared", **declared}


def error_location(error: BaseException) -> str:
    """Return the frames of `error`, innermost first: file, line, function; never its message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(
        f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno}:{f.name}" for f in reversed(frames)
    )


_ADD_TIMESTAMP = structlog.processors.TimeStamper(fmt="iso", utc=True)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_RENDER = structlog.processors.JSONRenderer(lambda event_dict, **_: _ENCODER.encode(event_dict))


class DeclaredFormatter(logging.Formatter):
    """Formats records of other libraries without their message, which may quote a row."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `record` as one JSON line: logger, level, and the place of an exception."""
        event_dict: EventDict = {"event": "foreign", "logger": record.name}
        if record.name.partition(".")[0] == _SERVER_LOGGER and not record.exc_info:
            event_dict = {"event": "server", "message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            event_dict["error"] = type(error).__qualname__
            event_dict["at"] = error_location(error)
        event_dict["level"] = record.levelname.lower()
        line: Any = event_dict
        for processor in (_ADD_TIMESTAMP, drop_undeclared, _RENDER):
            line = processor(None, record.levelname, line)
        return str(line)


#: For `logging.config.dictConfig`: all libraries log through `DeclaredFormatter`.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"declared": {"()": DeclaredFormatter}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "declared",
            "stream": "ext://sys.stderr",
        }
    },
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {_SERVER_LOGGER: {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
}


class _Stderr:
    """Writes to the current standard error; a failed write, as on a full disk, is ignored.

    Lines of one turn of the event loop are written together at its end: each write releases the
    interpreter lock, and a busy thread is slow to release it again.
    """

    def __init__(self) -> None:
        self._pending: WeakKeyDictionary[asyncio.AbstractEventLoop, list[str]]
        self._pending = WeakKeyDictionary()

    def msg(self, line: str) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            _write(line + "\n")
            return
        if loop not in self._pending:
            self._pending[loop] = []
            loop.call_soon(self._write_pending, loop)
        self._pending[loop].append(line + "\n")

    def _write_pending(self, loop: asyncio.AbstractEventLoop) -> None:
        _write("".join(self._pending.pop(loop)))

    info = warning = error = critical = msg


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


#: The service's own log.
log: FilteringBoundLogger = structlog.wrap_logger(
    _Stderr(),
    processors=[structlog.processors.add_log_level, _ADD_TIMESTAMP, drop_undeclared, _RENDER],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    cache_logger_on_first_use=True,
)
