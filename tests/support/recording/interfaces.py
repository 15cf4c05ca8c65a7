"""The interfaces as programs see them: OpenAPI document and command line, without sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from api.core.settings import Settings
from api.server.app import create_app
from cli.main import rongzi
from tests.support.recording.sentences import openapi_structure

#: Options that were added after the recording.
_ADDED = frozenset({"version"})


def openapi(home: Path) -> dict[str, Any]:
    """Return the OpenAPI document of a service on `home`, without its texts."""
    return openapi_structure(create_app(Settings(home)).openapi())


def command_line() -> dict[str, Any]:
    """Return every command by its full name, with its parameters in order."""
    help_names = rongzi.context_settings["help_option_names"]
    return {"help": list(help_names), "commands": _commands(rongzi, "rongzi")}


def _commands(command: click.Command, name: str) -> dict[str, Any]:
    context = click.Context(command, info_name=name)
    parameters = [each for each in command.params if each.name not in _ADDED]
    found: dict[str, Any] = {name: [_parameter(each) for each in parameters]}
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            child = command.get_command(context, each)
            assert child is not None
            found |= _commands(child, f"{name} {each}")
    return found


def _parameter(parameter: click.Parameter) -> dict[str, Any]:
    info = parameter.to_info_dict()
    names = (
        "name", "param_type_name", "opts", "secondary_opts", "required", "nargs", "multiple",
        "envvar", "is_flag", "flag_value", "count", "hidden",
    )  # fmt: skip
    fields = {name: _plain(info[name]) for name in names if name in info}
    return fields | {"type": _plain(info["type"]), "default": _default(parameter)}


def _default(parameter: click.Parameter) -> Any:
    # A missing default is None or a sentinel of click, by its release; `_plain` makes both None.
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
