"""Help and messages in Chinese under a Chinese locale (``LANG=zh_CN.UTF-8``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from importlib import resources

import click
import yaml

from model.errors import RongziError

#: As in POSIX: the first of these that is set decides.
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
_HEADINGS = {"Options": "选项", "Commands": "命令"}


def is_chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the locale of messages is a Chinese one."""
    locale = next((environment[name] for name in _LOCALE if environment.get(name)), "")
    return locale.lower().startswith("zh")


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return the Chinese texts: of commands and options by English text, of errors by class."""
    text = resources.files("cli").joinpath("chinese.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return found


def translated(command: click.Command, summary: str) -> click.Command:
    """Return `command` with help and options in Chinese; `summary` is its English sentence."""
    command.help = texts()["commands"].get(summary, command.help)
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            option.help = texts()["options"].get(option.help, option.help)
    return command


def headline(error: Exception) -> str:
    """Return what kind of error it is, in Chinese; its message says the rest in English."""
    named = texts()["errors"]
    kinds = (kind.__name__ for kind in type(error).__mro__)
    return next((named[kind] for kind in kinds if kind in named), named[RongziError.__name__])


class ChineseFormatter(click.HelpFormatter):
    """A formatter of help pages whose own words are Chinese."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, "用法: " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        super().write_heading(_HEADINGS.get(heading, heading))
