"""What tests may count on: parts of their machine, and shared homes as they were made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: Set to 1 where everything is installed, as ``.ci/run`` does.
REQUIRE_ALL = "RONGZI_REQUIRE_ALL"


def all_must_run() -> bool:
    """Whether a test that lacks a part of its machine must fail instead of skipping."""
    return os.environ.get(REQUIRE_ALL) == "1"


def lacking(*parts: str) -> None:
    """Skip the test that lacks `parts`, or fail it; without any it goes on."""
    if not parts:
        return
    told = f"{' and '.join(parts)} is not installed"
    if all_must_run():
        pytest.fail(f"{REQUIRE_ALL}=1, but {told}")
    pytest.skip(told)


def is_unserved(home: Path) -> None:
    """Hold a home that tests share: none of them may have begun a ledger in it."""
    assert not (home / "ledger").exists(), "a test served the shared home: let it copy the home"
