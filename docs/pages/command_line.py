"""The page ``docs/reference/command_line.md``, from the click commands of ``cli/main.py``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from cli.main import rongzi
from docs.pages.rendering import render


def command_line_page() -> str:
    """Return the page: every command with its usage, text and options."""
    context = click.Context(rongzi, info_name="rongzi")
    return render("command_line.md", commands=list(_below(rongzi, context)))


def _below(group: click.Group, context: click.Context) -> Iterator[dict[str, object]]:
    """Yield the commands of a group in its order, each followed by its own subcommands."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None:
            raise KeyError(name)
        own = click.Context(command, info_name=name, parent=context)
        yield _described(command, own)
        if isinstance(command, click.Group):
            yield from _below(command, own)


def _described(command: click.Command, context: click.Context) -> dict[str, object]:
    options = (each for each in command.params if isinstance(each, click.Option))
    records = (option.get_help_record(context) for option in options)
    return {
        "name": context.command_path,
        "usage": f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}",
        "text": inspect.cleandoc(command.help or "").replace("``", "`"),
        "options": [(f"`{names}`", meaning) for names, meaning in filter(None, records)],
    }
