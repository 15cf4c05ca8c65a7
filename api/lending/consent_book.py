"""The ledger's words on consent as the batch needs them: by member, up to a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from api.ledger.commands import View
from api.ledger.entries import Entry
from api.ledger.location import Location
from api.ledger.reading import holds_entries, reading
from api.lending.consent import CONSENT, ledger_word
from model.consent import Word

_PAGE = 5_000


def words_before(location: Location, day: date) -> dict[str, Word]:
    """Return each member's last word in the ledger before `day`; none where there is no ledger.

    Who was erased is left out: nobody is there whom it could speak of.

    Raises
    ------
    LedgerError
        If there is a ledger and it cannot be read: then nobody knows who withdrew consent.
    """
    if not holds_entries(location):
        return {}
    found: dict[str, Word] = {}
    with reading(location) as view:
        last = _last_words(view, day)
        for subject, word in last.items():
            member = view.member_of(subject)
            if member is not None:
                found[member] = word
    return found


def _last_words(view: View, day: date) -> dict[str, Word]:
    last: dict[str, Word] = {}
    for entry in _words(view):
        word = ledger_word([entry])
        if word is not None and word.on < day:
            last[entry.subject_id] = word
    return last


def _words(view: View) -> Iterator[Entry]:
    page = view.entries_where(CONSENT, most=_PAGE)
    while page:
        yield from page
        page = view.entries_where(CONSENT, after=page[-1].seq, most=_PAGE)
