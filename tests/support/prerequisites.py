"""Skip or fail a test whose machine lacks a program or a service that the test needs."""

from __future__ import annotations

import os

import pytest

#: Set to 1 where everything is installed, as ``.ci/run`` does.
REQUIRE_ALL = "RONGZI_REQUIRE_ALL"


def all_must_run() -> bool:
    """Whether a test fails instead of skipping where a prerequisite is missing."""
    return os.environ.get(REQUIRE_ALL) == "1"


def lacking(*parts: str) -> None:
    """Skip or fail the test if `parts`, the missing prerequisites, are not empty."""
    if not parts:
        return
    reason = f"{' and '.join(parts)} is not available"
    if all_must_run():
        pytest.fail(f"{REQUIRE_ALL}=1, but {reason}")
    pytest.skip(reason)
