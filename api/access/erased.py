"""Who of an edition was erased since its day, by the access record of the erasure.

The ledger names nobody whom it erased. The record of who erased whom stays, with the blind index of
the member, so an edition made before is served without them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime

from sqlalchemy import and_, select

from api.core.calendar import date_in_china
from api.ledger.chain import first_moment
from api.ledger.commands import View
from api.ledger.tables import accesses, entries

#: The route by which a reviewer erases.
ERASURE = "post_member_erasure"


def erasures(view: View, member_ids: Callable[[], Collection[str]]) -> dict[str, date]:
    """Return the day, in China, of the last erasure of each of `member_ids` who ever was erased.

    An erasure that was refused is on the access record too, and is none: only a record that was
    written with an entry of it counts. The ids are asked for, and hashed, only if anybody was.
    """
    with_entry = and_(
        entries.c.recorded_at == accesses.c.accessed_at,
        entries.c.actor == accesses.c.actor,
        entries.c.place_code == accesses.c.place_code,
    )
    statement = (
        select(accesses.c.member_index, accesses.c.accessed_at)
        .join(entries, with_entry)
        .where(
            entries.c.kind == "ERASED",
            accesses.c.route == ERASURE,
            accesses.c.member_index.is_not(None),
        )
    )
    rows = view.connection.execute(statement.order_by(accesses.c.number))
    days = {str(index): date_in_china(datetime.fromisoformat(text)) for index, text in rows}
    by_index = {view.identities.index(each): each for each in (member_ids() if days else ())}
    return {by_index[index]: day for index, day in days.items() if index in by_index}


def erased(view: View, member_ids: Collection[str], since: date) -> frozenset[str]:
    """Return who of `member_ids` was erased on `since` or later and did not come back."""
    by_index = {view.identities.index(member_id): member_id for member_id in member_ids}
    statement = select(accesses.c.member_index).where(
        accesses.c.member_index.in_(by_index),
        accesses.c.route == ERASURE,
        accesses.c.accessed_at >= first_moment(since),
    )
    rows = view.connection.execute(statement) if by_index else ()
    gone = {by_index[str(index)] for (index,) in rows}
    # Who comes back is a new subject.
    return frozenset(gone - view.identities.known(gone).keys())
