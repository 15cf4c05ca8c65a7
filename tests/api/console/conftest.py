"""A browser, and a service with its staff, for the walks through the console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.console.browser import chromium
from tests.support.console.office import Office, open_office

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def office(
    browser: Browser, published_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """Only where there is a browser: without one its tests skip before a service starts."""
    with open_office(published_home, tmp_path_factory.mktemp("office")) as found:
        yield found
