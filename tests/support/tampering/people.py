"""Ways to change who a pseudonym stands for."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert
from sqlalchemy import delete as delete_from

from api.ledger.identities import FIELDS
from api.ledger.tables import entries, identities
from tests.support.tampering.rows import any_row, assign, remove, rewrite, rows_in
from tests.support.tampering.ways import Way, edit

_CELLS = ("member_id", *FIELDS)


def swap_people(connection: Connection, drawn: random.Random) -> str:
    """Let two pseudonyms change persons: whole rows, or the index that finds them."""
    rows = rows_in(connection, identities)
    if len(rows) < 2:
        return edit(connection, drawn)
    one, other = drawn.sample(rows, 2)
    done, moved = drawn.choice(
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
    return f"swap {done}"


def swap_cell(connection: Connection, drawn: random.Random) -> str:
    """Put a cell of another person, or of another column, in a cell's place."""
    one, other = any_row(connection, identities, drawn), any_row(connection, identities, drawn)
    into, out_of = drawn.choice(_CELLS), drawn.choice(_CELLS)
    if other[out_of] is None or other[out_of] == one[into]:
        return edit(connection, drawn)
    assign(connection, identities, one, {into: other[out_of]})
    return "a cell of another place in an identity"


def empty_person(connection: Connection, drawn: random.Random) -> str:
    """Empty all fields of a person that may be empty, as if never told."""
    assign(
        connection, identities, any_row(connection, identities, drawn), dict.fromkeys(FIELDS, None)
    )
    return "empty all fields of an identity"


def know_again(connection: Connection, drawn: random.Random) -> str:
    """Give somebody who was erased an identity again."""
    erased = [row for row in rows_in(connection, entries) if row["kind"] == "ERASED"]
    if not erased:
        return edit(connection, drawn)
    known = any_row(connection, identities, drawn)
    index = f"{drawn.getrandbits(256):064x}"
    again = known | {"subject_id": drawn.choice(erased)["subject_id"], "member_index": index}
    connection.execute(insert(identities), [again])
    return "an identity of somebody erased"


def erase_unsaid(connection: Connection, drawn: random.Random) -> str:
    """Erase a person, with or without a forged entry that says so."""
    row = any_row(connection, identities, drawn)
    remove(connection, identities, row)
    if drawn.random() < 0.5:
        return "erase a person"
    chain = rows_in(connection, entries)
    forged = {"kind": "ERASED", "subject_id": row["subject_id"], "body": "{}"}
    forged |= {"entry_id": f"{drawn.getrandbits(128):032x}", "answer_digest": None}
    rewrite(connection, [*chain, chain[-1] | forged | {"identity_digest": None}])
    return "erase a person, with an entry that says so"


def unsay_erasure(connection: Connection, drawn: random.Random) -> str:
    """Take the entry of an erasure out, and hash the chain anew."""
    chain = rows_in(connection, entries)
    kept = [row for row in chain if row["kind"] != "ERASED"]
    if len(kept) == len(chain):
        return edit(connection, drawn)
    connection.execute(delete_from(entries))
    rewrite(connection, kept)
    return "take an erasure out, hashed anew"


WAYS: tuple[Way, ...] = (
    swap_people, swap_people, swap_cell, empty_person, know_again, erase_unsaid, unsay_erasure,
)  # fmt: skip
