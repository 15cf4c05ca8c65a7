"""What is sent to others of a ledger's entries, and the files that say to whom and how far."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.core.settings import Settings
from api.ledger.database import Location
from api.ledger.store import reading
from api.webhooks.delivery import event_body, signature
from api.webhooks.endpoints import Endpoints, Progress
from tests.support.recording.standing_still import standing_still

_MOMENT = "1696816800"


def events(home: Path) -> list[dict[str, str]]:
    """Return the body of every event of a home's ledger, and what signs it."""
    with reading(Location.of(Settings(home))) as view:
        bodies = [event_body(entry) for entry in view.outlines(0, 1_000)]
    return [
        {"body": body.decode(), "signature": signature("a secret", _MOMENT, body)}
        for body in bodies
    ]


def endpoint_files(home: Path) -> dict[str, str]:
    """Write two endpoints below `home`, one of them in trouble; return the files by name."""
    endpoints = Endpoints(home)
    with standing_still() as moment:
        moment.step("endpoints", moment.now)
        endpoints.add("core-banking", "https://127.0.0.1/events", from_start=True)
        endpoints.add("risk", "http://localhost:8091/hook?of=rongzi")
    endpoints.keep("risk", Progress(17, 2, "timeout"))
    folder = home / "webhooks"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def endpoints_read(home: Path) -> dict[str, Any]:
    """Return the endpoints that lie below `home` and how far each is."""
    endpoints = Endpoints(home)
    return {
        name: [each.url, each.secret, *vars(endpoints.progress(name)).values()]
        for name, each in endpoints.all().items()
    }
