"""The page of the installation: what is unsafe first, in both languages."""

from __future__ import annotations

import re

from tests.support.console.visitor import Visitor
from tests.support.fixtures.branch import Branch

HERE = "/console/installation"


def test_what_is_unsafe_stands_first_and_says_what_to_do(branch: Branch) -> None:
    page = Visitor.of(branch, "operator").get(HERE)
    levels = re.findall(r'class="tag level-(\w+)"', page.text)
    assert "unsafe" in levels
    assert levels == sorted(levels, key=("unsafe", "note", "ok").index)
    assert f"{levels.count('unsafe')} 项不安全" in page.text
    assert "未设置 RONGZI_CHECKPOINTS" in page.text


def test_the_page_lists_every_check_of_the_route(branch: Branch) -> None:
    checks = branch.send("get", "/v1/examination", branch.headers("admin")).json()["checks"]
    page = Visitor.of(branch, "admin").get(HERE)
    assert page.text.count('class="tag level-') == len(checks)
