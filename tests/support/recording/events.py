"""Webhook events of a ledger's entries, and the files of endpoints and their progress."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from api.core.settings import Settings
from api.ledger.database import Location
from api.ledger.store import open_view
from api.webhooks.delivery import event_body
from api.webhooks.endpoints import Endpoints, Progress
from tests.support.recording.fixed_time import fixed_time

#: Secrets are random; Standard Webhooks defines their form.
_SECRET = re.compile(r'"secret": "[^"]+"')


def event_bodies(home: Path) -> list[str]:
    """Return the body of every event of a home's ledger."""
    with open_view(Location.of(Settings(home))) as view:
        return [event_body(entry).decode() for entry in view.outlines(0, 1_000)]


def endpoint_files(home: Path) -> dict[str, str]:
    """Write two endpoints under `home`, one with failed deliveries; return the files by name."""
    endpoints = Endpoints(home)
    with fixed_time() as moment:
        moment.step("endpoints", moment.now)
        endpoints.add("core-banking", "https://127.0.0.1/events", from_start=True)
        endpoints.add("risk", "http://localhost:8091/hook?of=rongzi")
    endpoints.save_progress("risk", Progress(17, 2, "timeout"))
    folder = home / "webhooks"
    return {
        path.name: without_secrets(path.read_text(encoding="utf-8"))
        for path in sorted(folder.iterdir())
    }


def without_secrets(text: str) -> str:
    """Return the text of an endpoints file without its secrets."""
    return _SECRET.sub('"secret": "…"', text)


def read_endpoints(home: Path) -> dict[str, Any]:
    """Return the endpoints under `home` and the progress of each."""
    endpoints = Endpoints(home)
    return {
        name: [each.url, each.secret, *vars(endpoints.progress(name)).values()]
        for name, each in endpoints.all().items()
    }
