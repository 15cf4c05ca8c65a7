"""One erasure outside the service: in which order, what it removed, what the law keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.options import settings_of

if TYPE_CHECKING:
    from api.ledger.database import Location
    from data.storage.archive import Archive
    from data.storage.person_files import FileResult
    from data.storage.person_rows import PersonRows
    from data.storage.retained import Retained

#: Exit code: the edition in use still holds the person.
LEFT = 3
#: Folders of a home whose files may hold rows of people.
_OF_HOME = ("quarantine", "profiles", "inbox", "simulated", "branch-files")
#: Stores of a home with ways of their own: an edition is signed, the ledger erases by itself.
_APART = ("archive", "editions", "ledger", "keys", "cards", "policy", "retained")


@dataclass(frozen=True)
class Erasure:
    """What one run removed, what the law keeps, and what is left to do.

    Attributes
    ----------
    left : tuple of str
        Editions in use that hold the person.
    doubtful : tuple of FileResult
        Files with rows that somebody must look at.
    unread : tuple of Path
        Files of a kind that is not read.
    """

    archive: Mapping[str, int]
    files: Sequence[FileResult]
    editions: Sequence[str]
    kept: Retained | None
    left: Sequence[str]
    unread: Sequence[Path]

    @property
    def told(self) -> dict[str, Any]:
        """The results for a program; none of them names the person."""
        return {
            "archive": dict(self.archive),
            "files": {str(each.path): each.rows for each in self.files if each.rows},
            "editions": list(self.editions),
            "kept_by_law": dict(self.kept.rows) if self.kept else {},
            "kept_until": self.kept.until if self.kept else None,
            "look_at": {str(each.path): each.doubtful for each in self.files if each.doubtful},
            "not_read": [str(path) for path in self.unread],
            "left": list(self.left),
        }

    def lines(self) -> Iterator[str]:
        """Yield the results for people."""
        for table, count in self.archive.items():
            yield f"已删除 removed: 档案 archive {table} {count}"
        for each in self.files:
            if each.rows:
                yield f"已删除 removed: {each.path} {each.rows}"
        for name in self.editions:
            yield f"已删除 removed: 名单 edition {name}"
        if self.kept:
            rows = ", ".join(f"{table} {count}" for table, count in self.kept.rows.items())
            yield f"依法留存 kept by law: 至 until {self.kept.until}: {rows}"
        for each in self.files:
            if each.doubtful:
                yield f"须人工核对 look at: {each.path} {each.doubtful} 行 rows"
        for path in self.unread:
            yield f"未读取 not read: {path}"
        for name in self.left:
            yield (
                f"尚存 left: 现用名单 the edition in use, {name}; run rongzi whitelist, then this"
                " again"
            )


def erased(
    home: Path, folder: Path, member_id: str, folders: Sequence[Path], because: str, today: date
) -> Erasure:
    """Erase a person from archive, files and editions; a run that was interrupted is run again.

    What the law keeps is sealed first. The archive goes last, because its keys find the person's
    rows in files.

    Raises
    ------
    ClickException
        If the ledger still holds the person, a loan or guarantee runs, or nothing is held.
    """
    from api.editions.erasure import erase_from_editions
    from data.storage.archive import Archive
    from data.storage.person_rows import erase_rows, rows_of

    archive = Archive(folder)
    _refuse_held_in_ledger(home, member_id)
    person = rows_of(archive, member_id)
    _refuse_running(archive, person, today)
    record_in_audit(home, "person_erased_from_files", because, member_id)
    kept = _retain(home, person, today)
    places = [*(home / name for name in _OF_HOME), *folders]
    files, unread = _from_files(places, [folder, *(home / name for name in _APART)], person)
    removed, left = erase_from_editions(home, member_id, datetime.now(tz=UTC))
    return Erasure(erase_rows(archive, person), files, removed, kept, left, unread)


def ledger_of(home: Path) -> Location:
    """Return the ledger of `home`."""
    from api.ledger.database import Location

    return Location.of(settings_of(home))


def record_in_audit(home: Path, route: str, because: str, member_id: str) -> None:
    """Record in the audit what the console does with a person's data, and why.

    A home without a ledger has no audit. The row names the person by the blind index alone.
    """
    from api.access.account_events import console_user
    from api.access.order_rows import refuse_bad_reason
    from api.ledger.audit import AuditWriter
    from api.ledger.chain import format_timestamp
    from api.ledger.keys import read_keys
    from api.ledger.store import ledger_exists
    from api.ledger.vault import Vault

    refuse_bad_reason(because)
    location = ledger_of(home)
    if not ledger_exists(location):
        return
    index = Vault(read_keys(location.keys, may_make=False)).index(member_id)
    row = {
        "accessed_at": format_timestamp(datetime.now(tz=UTC)),
        "actor": console_user(),
        "route": route,
        "place_code": "",
        "persons": 1,
        "member_index": index,
        "account": None,
        "detail": because.strip(),
    }
    with closing(AuditWriter(location)) as writer, writer.begin() as work:
        work.record([row])


def _refuse_held_in_ledger(home: Path, member_id: str) -> None:
    from api.ledger.store import ledger_exists, open_view

    location = ledger_of(home)
    if not ledger_exists(location):
        return
    with open_view(location) as view:
        if view.identities.known([member_id]):
            raise click.ClickException(
                "the ledger still holds this person; a reviewer erases there first:"
                " POST /v1/members/{member_id}/erasure"
            )


def _refuse_running(archive: Archive, person: PersonRows, today: date) -> None:
    from data.storage.person_rows import refuses_erasure

    if why := refuses_erasure(archive, person, today):
        raise click.ClickException(f"nothing was erased: {why}")


def _retain(home: Path, person: PersonRows, today: date) -> Retained | None:
    from data.storage.retained import retain
    from model.policy.retention import retention_on

    law, last_day = retention_on(today), person.last_day
    tables = law.kept(person.by_table)
    if not tables or last_day is None:
        return None
    rows = {name: person.by_table[name] for name in tables}
    return retain(home, person.member_id, rows, law.until(last_day))


def _from_files(
    folders: Sequence[Path], apart: Sequence[Path], person: PersonRows
) -> tuple[list[FileResult], list[Path]]:
    from data.storage.person_files import erase_from_file, files_below

    results, unread = [], []
    for path in files_below([folder for folder in folders if folder.is_dir()], apart):
        found = erase_from_file(path, person.keys, person.hints)
        if found is None:
            unread.append(path)
        else:
            results.append(found)
    return results, unread
