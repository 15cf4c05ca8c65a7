"""Fill a ledger with real decisions on the members of a published edition."""

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

#: Commands submitted together, as under load.
_CONCURRENT = 32


def loaded(home: Path) -> Resources:
    """Load the published card, policy and edition of `home`."""
    found = load(home)
    if not isinstance(found, Resources):
        raise SystemExit("; ".join(part.expected.en for part in found))
    return found


def asks(resources: Resources, count: int, seed: int = 54) -> Iterator[Decide]:
    """Yield `count` commands on random members, each under its own idempotency key."""
    rng = random.Random(seed)
    members = [
        row["member_id"] for row in resources.edition.page(PlaceFilter(), None, None, 10_000)
    ]
    day = resources.edition.manifest.day
    for number in range(count):
        member = rng.choice(members)
        request = Request(rng.randrange(1, 80) * 1_000, rng.randrange(1, 30), rng.choice(PURPOSES))
        profile = resources.edition.profile(member)
        assert profile is not None
        body = {"member_id": member, **request.__dict__}
        yield Decide(
            idempotency=IdempotencyScope.of("officer-1", "post_decision", f"key-{number}", body),
            actor="officer-1",
            member_id=member,
            request=request,
            profile=profile,
            resources=resources,
            today=day + timedelta(days=rng.randrange(30)),
        )


def fill(ledger: Ledger, commands: Iterator[Decide]) -> None:
    """Write all commands, many of them concurrently."""

    async def write_all() -> None:
        pending = list(commands)
        for start in range(0, len(pending), _CONCURRENT):
            await asyncio.gather(*map(ledger.write, pending[start : start + _CONCURRENT]))

    asyncio.run(write_all())


def record_accesses(ledger: Ledger, count: int) -> None:
    """Write `count` access records of reads of persons."""
    for number in range(count):
        ledger.write_now(
            RecordAccess(
                "auditor-1", "get_member", "371502", 1, f"request-{number}", f"M{number}", None
            )
        )
