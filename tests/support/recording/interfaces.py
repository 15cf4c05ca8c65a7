"""The HTTP interface as a client generated from it sees it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.core.settings import Settings
from api.server.app import create_app
from tests.support.recording.wording import openapi_structure


def openapi(home: Path) -> dict[str, Any]:
    """Return the OpenAPI document of a service of `home`, without its words."""
    return openapi_structure(create_app(Settings(home)).openapi())
