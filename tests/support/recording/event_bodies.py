"""What is sent to others of a ledger's entries, and the files that say to whom and how far."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from api.core.settings import Settings
from api.ledger.database import Location
from api.ledger.store import reading
from api.webhooks.delivery import event_body
from api.webhooks.endpoints import Endpoints, Progress
from tests.support.recording.standing_still import standing_still

#: Secrets are drawn at random, and their form belongs to Standard Webhooks.
_SECRET = re.compile(r'"secret": "[^"]+"')


def events(home: Path) -> list[str]:
    """Return the body of every event of a home's ledger."""
    with reading(Location.of(Settings(home))) as view:
        return [event_body(entry).decode() for entry in view.outlines(0, 1_000)]


def endpoint_files(home: Path) -> dict[str, str]:
    """Write two endpoints below `home`, one of them in trouble; return the files by name."""
    endpoints = Endpoints(home)
    with standing_still() as moment:
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


def endpoints_read(home: Path) -> dict[str, Any]:
    """Return the endpoints that lie below `home` and how far each is."""
    endpoints = Endpoints(home)
    return {
        name: [each.url, each.secret, *vars(endpoints.progress(name)).values()]
        for name, each in endpoints.all().items()
    }
