"""Who looked at a person, as that person may know it: who, when, by which way, and nobody else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from api.ledger.commands import View
from api.ledger.tables import accesses


def looks_at(
    view: View, member_id: str, decision_ids: Collection[str | None]
) -> list[dict[str, Any]]:
    """Return each look at the member and at decisions on them, oldest first.

    Lists are left out: of whom they told besides is not this person's to know, and a row of a list
    names nobody.
    """
    statement = (
        select(accesses.c.accessed_at, accesses.c.actor, accesses.c.route)
        .where(
            or_(
                accesses.c.member_index == view.identities.index(member_id),
                accesses.c.decision_id.in_({each for each in decision_ids if each}),
            )
        )
        .order_by(accesses.c.number)
    )
    return [
        {"at": when, "by": who, "route": route}
        for when, who, route in view.connection.execute(statement)
    ]
