"""A group of commands: each with ``--json``, and the right one suggested for a wrong one."""

from __future__ import annotations

from difflib import get_close_matches
from itertools import islice

import click

from cli.chinese import is_chinese, translated
from cli.json_output import with_json

_LIKE_ENOUGH = 0.5
_HOME = "--home"


class SuggestingGroup(click.Group):
    """A click group whose refusal of an unknown command names the likeliest ones."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, with ``--json``."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            return None
        command = with_json(command)
        summary = (command.help or "").partition("\n")[0]
        return translated(command, summary) if is_chinese() else command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` name; see `click.Group.resolve_command`.

        Raises
        ------
        click.UsageError
            If there is no such command; the message suggests others.
        """
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            likely = get_close_matches(name, self.list_commands(ctx), 3, _LIKE_ENOUGH)
            listed = f" 是否指 did you mean: {', '.join(likely)}?" if likely else ""
            ctx.fail(f"没有该命令 no such command: {name!r}.{listed}")
        return super().resolve_command(ctx, args)


class HomeGroup(SuggestingGroup):
    """A group whose ``--home`` is taken before the subcommand as well as after it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse `args` with ``--home`` where it is declared: on the group, or on its commands."""
        is_own = any(_HOME in each.opts for each in self.params)
        return super().parse_args(ctx, _with_home_moved(args, is_own))


def _with_home_moved(args: list[str], to_front: bool) -> list[str]:
    home: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word == _HOME:
            home = [word, *islice(words, 1)]
        elif word.startswith(f"{_HOME}="):
            home = [word]
        else:
            rest.append(word)
    if to_front or not rest or rest[0].startswith("-"):
        return [*home, *rest]
    return [rest[0], *home, *rest[1:]]
