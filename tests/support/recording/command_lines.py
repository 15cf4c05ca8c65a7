"""The command line as a program sees it: commands, arguments, options, and no help texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.main import rongzi

#: The console prints its version since the recording.
_ADDED = frozenset({"version"})


def command_line() -> dict[str, Any]:
    """Return every command by its full name, with its parameters in order."""
    help_names = rongzi.context_settings["help_option_names"]
    return {"help": list(help_names), "commands": _commands(rongzi, "rongzi")}


def _commands(command: click.Command, name: str) -> dict[str, Any]:
    context = click.Context(command, info_name=name)
    kept = [each for each in command.params if each.name not in _ADDED]
    found: dict[str, Any] = {name: [_parameter(each) for each in kept]}
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            found |= _commands(below, f"{name} {each}")
    return found


def _parameter(parameter: click.Parameter) -> dict[str, Any]:
    told = parameter.to_info_dict()
    names = (
        "name", "param_type_name", "opts", "secondary_opts", "required", "nargs", "multiple",
        "envvar", "is_flag", "flag_value", "count", "hidden",
    )  # fmt: skip
    kept = {name: _plain(told[name]) for name in names if name in told}
    return kept | {"type": _plain(told["type"]), "default": _default(parameter)}


def _default(parameter: click.Parameter) -> Any:
    # What is given nothing has no default, however this release of click writes that down.
    default = parameter.default
    if callable(default):
        return "found out when asked"
    return _plain(default)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else None
