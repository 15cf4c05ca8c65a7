"""Under a Chinese locale the console speaks Chinese; every command and option has a text."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

import model.errors
from api.access.order_rows import OrderRefusedError
from api.decisions.profiles import ProfileErasedError
from api.editions.approval import Approval, HeldError
from api.editions.catalogue import folder_of
from api.editions.manifest import current_folder
from api.editions.publish import publishing
from api.webhooks.targets import WebhookError
from cli.chinese import headline, is_chinese, texts
from cli.main import _COMMANDS, rongzi
from model.errors import RongziError

_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _below(group: click.Group) -> Iterator[click.Command]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from _below(command)


def test_every_command_and_option_has_a_chinese_text() -> None:
    commands = list(_below(rongzi))
    nested = [each for each in commands if each.name not in _COMMANDS]
    summaries = {(each.help or "").partition("\n")[0] for each in nested}
    summaries |= {text for _, text in _COMMANDS.values()}
    helps = {
        option.help
        for each in commands
        for option in each.params
        if isinstance(option, click.Option) and option.help
    }
    assert summaries - texts()["commands"].keys() == set()
    assert helps - texts()["options"].keys() == set()


def test_no_chinese_text_is_left_without_its_english_one() -> None:
    helps = {o.help for c in _below(rongzi) for o in c.params if isinstance(o, click.Option)}
    assert texts()["options"].keys() - helps == set()
    assert all(_CHINESE.search(text) for part in texts().values() for text in part.values())


def test_every_kind_of_error_has_a_chinese_name() -> None:
    kinds = {
        name
        for name, kind in vars(model.errors).items()
        if isinstance(kind, type) and issubclass(kind, RongziError)
    }
    own = (HeldError, OrderRefusedError, ProfileErasedError, WebhookError)
    assert kinds | {kind.__name__ for kind in own} == texts()["errors"].keys()


def _busy(home: Path) -> None:
    with publishing(home), publishing(home):
        raise AssertionError("two runs publish at once")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (_busy, "另一次运行正在此处进行"),
        (lambda home: Approval("Wang Min", "x"), "所给的名称、理由、选项或位置不能使用"),
        (current_folder, "名单缺失、损坏或签署不符"),
        (lambda home: folder_of(home, "edition-0"), "没有该期名单"),
    ],
)
def test_the_heading_says_what_the_message_says(
    tmp_path: Path, raised: Callable[[Path], object], expected: str
) -> None:
    with pytest.raises(RongziError) as found:
        raised(tmp_path)
    assert headline(found.value) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN"}, True),
        ({"LANG": "", "LC_ALL": ""}, False),
        ({}, False),
    ],
)
def test_the_locale_of_messages_decides(environment: dict[str, str], expected: bool) -> None:
    assert is_chinese(environment) is expected


def _run(lang: str, *words: str) -> subprocess.CompletedProcess[str]:
    left = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words], env={**left, "LANG": lang},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.mark.parametrize("words", [(), ("editions",), ("policy", "adopt"), ("doctor",)])
def test_help_is_chinese_or_english_by_the_locale(words: tuple[str, ...]) -> None:
    chinese, english = (_run(lang, *words, "--help") for lang in ("zh_CN.UTF-8", "C.UTF-8"))
    assert (chinese.returncode, english.returncode) == (0, 0)
    assert "用法: rongzi" in chinese.stdout
    assert "选项:" in chinese.stdout
    assert "Usage: rongzi" in english.stdout
    if words:
        own = [t for t in texts()["commands"].values() if t[:10] in chinese.stdout]
        assert own
        assert not any(text[:10] in english.stdout for text in texts()["options"].values())


def test_an_error_names_its_kind_in_chinese_and_keeps_its_details(tmp_path: Path) -> None:
    done = _run("zh_CN.UTF-8", "editions", "list", "--home", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("出错：名单缺失")
    assert "no edition is published here" in done.stderr
