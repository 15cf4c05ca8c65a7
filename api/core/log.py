"""One JSON object a line, holding what was declared beforehand and nothing else.

A log is read by more people than an archive is. So an event is one of a known set, a field one of a
known set with a value of its own pattern, and whatever else somebody passes is dropped before
it is written: a name in a message, an id number in an exception, a key nobody thought of.
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

#: What can be told. A message of another library is told as "foreign", without its words.
EVENTS = frozenset(
    {
        "request", "refused", "fault", "foreign", "started", "in use", "not ready",
        "kept the version before", "draining", "stopped", "server", "overloaded",
        "database away", "database back", "webhook failed", "parent gone",
    }
)  # fmt: skip
#: The server's own lines speak of processes and addresses to listen at, never of a request.
_TRUSTED = "_granian"


def _text(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _number(value: Any) -> bool:
    # Shorter than a phone number.
    return isinstance(value, int | float) and abs(value) < 1e9


_ROUTE = _text(r"-|/|(/v1)?(/[a-z][a-z._-]*|/\{[a-z_]+\})+")
#: No digits: a word of ours, not a number of somebody's.
_WORD = _text(r"[A-Za-z_.-]{1,80}")
#: Field → what its value must look like. Sentences (`why`) come from this product's own texts.
FIELDS: dict[str, Callable[[Any], bool]] = {
    "level": _WORD,
    "timestamp": _text(r"[0-9TZ:.+-]{10,40}"),
    "request_id": _text(r"[A-Za-z0-9-]{8,64}"),
    "decision_id": _text(r"[0-9a-f-]{36}"),
    "subject": _text(r"[A-Za-z0-9_.:@|-]{1,64}"),
    "method": _text(r"[A-Z]{1,10}|\?"),
    "route": _ROUTE,
    "status": _number,
    "ms": _number,
    "count": _number,
    "kind": _WORD,
    "logger": _WORD,
    "error": _text(r"[A-Za-z_.]{1,80}"),
    "at": _text(r"[A-Za-z0-9_./<>:-]{1,120}( < [A-Za-z0-9_./<>:-]{1,120}){0,7}"),
    "part": _WORD,
    "why": lambda value: isinstance(value, str) and len(value) <= 600,
    "edition": _text(r"[0-9a-f-]{23}"),
    "card": _text(r"[0-9a-f]{64}"),
    "policy": _text(r"[0-9a-f]{64}"),
    "worker": _number,
    "seconds": _number,
    "message": lambda value: isinstance(value, str) and len(value) <= 600,
}


def only_declared(_: WrappedLogger, __: str, told: EventDict) -> EventDict:
    """Keep the declared event and fields of `told`, drop the rest."""
    event = told.pop("event", None)
    declared = isinstance(event, str) and event in EVENTS
    kept: dict[str, Any] = {"event": event if declared else "undeclared"}
    kept |= {name: value for name, value in told.items() if name in FIELDS and FIELDS[name](value)}
    return kept


def where(error: BaseException) -> str:
    """Return where `error` broke, innermost first: file, line and function, never what it said."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " < ".join(
        f"{'/'.join(f.filename.split('/')[-2:])}:{f.lineno}:{f.name}" for f in reversed(frames)
    )


_STAMPED = structlog.processors.TimeStamper(fmt="iso", utc=True)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_RENDERED = structlog.processors.JSONRenderer(lambda told, **_: _ENCODER.encode(told))


class DeclaredFormatter(logging.Formatter):
    """Writes another library's record as a line without its words, which may quote a row."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `record` as one JSON line: who told it, how serious, and where it broke."""
        told: EventDict = {"event": "foreign", "logger": record.name}
        if record.name.partition(".")[0] == _TRUSTED and not record.exc_info:
            told = {"event": "server", "message": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            told["error"], told["at"] = type(error).__qualname__, where(error)
        told["level"] = record.levelname.lower()
        line: Any = told
        for processor in (_STAMPED, only_declared, _RENDERED):
            line = processor(None, record.levelname, line)
        return str(line)


#: For `logging.config.dictConfig`: every line of every library leaves through the same gate.
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
    "loggers": {_TRUSTED: {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
}


class _Stderr:
    """Writes to the standard error of the moment; a full disk behind it stops no decision.

    Lines told within one turn of the event loop are written together at its end: each write gives
    the interpreter away, and a thread that reckons is slow to give it back.
    """

    def __init__(self) -> None:
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, list[str]]
        self._waiting = WeakKeyDictionary()

    def msg(self, line: str) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            _write(line + "\n")
            return
        if loop not in self._waiting:
            self._waiting[loop] = []
            loop.call_soon(self._write_waiting, loop)
        self._waiting[loop].append(line + "\n")

    def _write_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        _write("".join(self._waiting.pop(loop)))

    info = warning = error = critical = msg


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


#: The service's own log.
log: FilteringBoundLogger = structlog.wrap_logger(
    _Stderr(),
    processors=[structlog.processors.add_log_level, _STAMPED, only_declared, _RENDERED],
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    cache_logger_on_first_use=True,
)
