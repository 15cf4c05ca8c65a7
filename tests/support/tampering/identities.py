"""Ways to change the person that a pseudonym refers to."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from

from api.ledger.identities import FIELDS
from api.ledger.tables import entries, identities
from tests.support.tampering.rows import any_row, assign, remove, rewrite, rows_in
from tests.support.tampering.tables import Way, edit

_CELLS = ("member_id", *FIELDS)


def swap_people(connection: Connection, rng: random.Random) -> str:
    """Swap the persons of two pseudonyms: whole rows, only cells, or only the blind index."""
    rows = rows_in(connection, identities)
    if len(rows) < 2:
        return edit(connection, rng)
    one, other = rng.sample(rows, 2)
    what, moved = rng.choice(
        (
            ("two identities", ("member_index", *_CELLS)),
            ("the indexes of two identities", ("member_index",)),
            ("the cells of two identities", _CELLS),
        )
    )
    for row in (one, other):
        remove(connection, identities, row)
    swapped = [
        one | {name: other[name] for name in moved},
        other | {name: one[name] for name in moved},
    ]
    connection.execute(insert(identities), swapped)
    return f"swap {what}"


def swap_cell(connection: Connection, rng: random.Random) -> str:
    """Replace a cell by one of another person or of another column."""
    one, other = any_row(connection, identities, rng), any_row(connection, identities, rng)
    into, out_of = rng.choice(_CELLS), rng.choice(_CELLS)
    if other[out_of] is None or other[out_of] == one[into]:
        return edit(connection, rng)
    assign(connection, identities, one, {into: other[out_of]})
    return "a cell from elsewhere in an identity"


def empty_person(connection: Connection, rng: random.Random) -> str:
    """Empty all fields of a person that may be empty, as if they were never recorded."""
    assign(
        connection, identities, any_row(connection, identities, rng), dict.fromkeys(FIELDS, None)
    )
    return "empty all fields of an identity"


def restore_identity(connection: Connection, rng: random.Random) -> str:
    """Insert an identity for somebody who was erased."""
    erased = [row for row in rows_in(connection, entries) if row["kind"] == "ERASED"]
    if not erased:
        return edit(connection, rng)
    known = any_row(connection, identities, rng)
    index = f"{rng.getrandbits(256):064x}"
    again = known | {"subject_id": rng.choice(erased)["subject_id"], "member_index": index}
    connection.execute(insert(identities), [again])
    return "an identity of somebody erased"


def erase_silently(connection: Connection, rng: random.Random) -> str:
    """Delete an identity, with or without a forged ``ERASED`` entry."""
    row = any_row(connection, identities, rng)
    remove(connection, identities, row)
    if rng.random() < 0.5:
        return "erase a person"
    chain = rows_in(connection, entries)
    forged = {"kind": "ERASED", "subject_id": row["subject_id"], "body": "{}"}
    forged |= {"entry_id": f"{rng.getrandbits(128):032x}", "answer_digest": None}
    rewrite(connection, [*chain, chain[-1] | forged | {"identity_digest": None}])
    return "erase a person, with a forged entry"


def remove_erasure(connection: Connection, rng: random.Random) -> str:
    """Delete the ``ERASED`` entries and rebuild the chain."""
    chain = rows_in(connection, entries)
    rest = [row for row in chain if row["kind"] != "ERASED"]
    if len(rest) == len(chain):
        return edit(connection, rng)
    connection.execute(delete_from(entries))
    rewrite(connection, rest)
    return "delete an erasure, hashed again"


WAYS: tuple[Way, ...] = (
    swap_people, swap_people, swap_cell, empty_person, restore_identity, erase_silently,
    remove_erasure,
)  # fmt: skip
