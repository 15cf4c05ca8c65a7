"""``--json`` on every command: one document for a program instead of lines for people.

A command says its results with `tell`, beside the lines that it prints. With ``--json`` the lines
go to standard error, and the results are printed on standard output when the command ends.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import click

from cli.options import echo_data

#: Commands that print their own JSON: the service logs one document a line.
_OWN = frozenset({"serve"})
_ASKED = "rongzi.json"
_told: ContextVar[dict[str, Any] | None] = ContextVar("told", default=None)


def tell(**results: Any) -> None:
    """Add `results` to what ``--json`` prints; nothing happens without it."""
    told = _told.get()
    if told is not None:
        told.update(results)


def is_asked() -> bool:
    """Return whether the command that runs was asked for JSON."""
    return _told.get() is not None


def with_json(command: click.Command) -> click.Command:
    """Return `command` with the option ``--json``, if it has none of its own and is no group."""
    has_own = any("--json" in parameter.opts for parameter in command.params)
    if isinstance(command, click.Group) or has_own or command.name in _OWN:
        return command
    option = click.Option(
        ["--json", "as_json"], is_flag=True, expose_value=False, callback=_remember,
        help="Print the result as JSON; lines for people go to standard error.",
    )  # fmt: skip
    command.params.append(option)
    command.callback = _printing(command.callback)
    return command


def _remember(context: click.Context, _: click.Parameter, asked: bool) -> None:
    context.meta[_ASKED] = asked


def _printing(work: Callable[..., Any] | None) -> Callable[..., Any]:
    def run(*values: Any, **named: Any) -> Any:
        context = click.get_current_context()
        if work is None or not context.meta.get(_ASKED):
            return work(*values, **named) if work else None
        results: dict[str, Any] = {}
        token = _told.set(results)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                work(*values, **named)
        except SystemExit:
            # The command has its result and an exit code that says so.
            _print(context, results)
            raise
        finally:
            _told.reset(token)
        _print(context, results)
        return None

    return run


def _print(context: click.Context, results: dict[str, Any]) -> None:
    document = {"command": context.command_path, **results}
    echo_data(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")
