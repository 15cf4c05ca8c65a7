"""A start as root warns, and a start under another account does not."""

from __future__ import annotations

import os
from typing import Any

import pytest

from api.server import serve as serve_module
from api.server.serve import warn_of_root


@pytest.mark.parametrize(("account", "warnings"), [(0, ["runs as root"]), (1000, [])])
def test_a_start_as_root_warns(
    account: int, warnings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []

    class Log:
        def warning(self, event: str, **_: Any) -> None:
            logged.append(event)

    monkeypatch.setattr(os, "geteuid", lambda: account)
    monkeypatch.setattr(serve_module, "log", Log())
    warn_of_root()
    assert logged == warnings
