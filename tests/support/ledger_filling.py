"""A ledger filled with real decisions on the members of a published edition, for measurements."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from api.access.audit import RecordAccess
from api.decisions.commands import Decide
from api.editions.edition import PlaceFilter
from api.editions.in_use import Resources, load
from api.http.fields import PURPOSES
from api.ledger.commands import IdempotencyScope
from api.ledger.writer import Ledger
from model.decision.decision import Request

#: Commands that wait together, as they would under load.
_AT_ONCE = 32


def loaded(home: Path) -> Resources:
    """Return what is published under `home`."""
    found = load(home)
    if not isinstance(found, Resources):
        raise SystemExit("; ".join(part.expected.en for part in found))
    return found


def asks(resources: Resources, count: int, seed: int = 54) -> Iterator[Decide]:
    """Yield `count` commands on members drawn at random, each under a key of its own."""
    drawn = random.Random(seed)
    members = [
        row["member_id"] for row in resources.edition.page(PlaceFilter(), None, None, 10_000)
    ]
    day = resources.edition.manifest.day
    for number in range(count):
        member = drawn.choice(members)
        request = Request(
            drawn.randrange(1, 80) * 1_000, drawn.randrange(1, 30), drawn.choice(PURPOSES)
        )
        profile = resources.edition.profile(member)
        assert profile is not None
        asked = {"member_id": member, **request.__dict__}
        yield Decide(
            idempotency=IdempotencyScope.of("officer-1", "post_decision", f"key-{number}", asked),
            actor="officer-1",
            member_id=member,
            request=request,
            profile=profile,
            resources=resources,
            today=day + timedelta(days=drawn.randrange(30)),
        )


def fill(ledger: Ledger, commands: Iterator[Decide]) -> None:
    """Write all commands, many at a time."""

    async def written() -> None:
        waiting = list(commands)
        for start in range(0, len(waiting), _AT_ONCE):
            await asyncio.gather(*map(ledger.write, waiting[start : start + _AT_ONCE]))

    asyncio.run(written())


def look_around(ledger: Ledger, count: int) -> None:
    """Put `count` looks at persons on record."""
    for number in range(count):
        ledger.write_now(
            RecordAccess(
                "auditor-1", "get_member", "371502", 1, f"request-{number}", f"M{number}", None
            )
        )
