"""``rongzi person``: a copy of a person's own data, and its erasure outside the service."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.groups import HomeGroup
from cli.json_output import tell
from cli.options import EXISTING_FOLDER, FILE, archive_option, home_option, use_policy_of
from cli.person_erasure import LEFT, erased, ledger_of, record_in_audit

if TYPE_CHECKING:
    from data.storage.person_copy import Part

_reason_option = click.option(
    "--because", required=True, metavar="TEXT", help="Reason, kept in the audit."
)


@click.group("person", cls=HomeGroup)
def command() -> None:
    """Give a person a copy of the own data, erase it, and keep what the law keeps.

    The decisions of the service are erased by a reviewer (POST /v1/members/{member_id}/erasure);
    these commands do the same for the archive, profiles, editions, branch and quarantine files.
    """


@command.command("copy")
@click.argument("member_id")
@archive_option
@click.option("--out", required=True, type=FILE, help="Page or workbook, FILE.html or FILE.xlsx.")
@_reason_option
@home_option
def copy(member_id: str, archive: Path, out: Path, because: str, home: Path) -> None:
    """Write everything held about MEMBER_ID with its sources, in Chinese and English."""
    from data.storage.person_copy import write_copy

    use_policy_of(home)
    parts = [*_archive_parts(archive, member_id, _today(home)), *_ledger_parts(home, member_id)]
    if not parts:
        raise click.ClickException("neither archive nor ledger holds anything about this member")
    record_in_audit(home, "person_copied", because, member_id)
    write_copy(out, parts, _today(home))
    tell(out=out, parts={part.title.en: len(part.rows) for part in parts})
    for part in parts:
        click.echo(f"{part.title.zh} {part.title.en}: {len(part.rows)}")
    click.echo(f"副本 copy: {out}")


@command.command("erase")
@click.argument("member_id")
@archive_option
@click.option(
    "--files", "folders", multiple=True, type=EXISTING_FOLDER,
    help="Folder of branch, quarantine, profile or whitelist files, besides those of the home; may"
    " be given several times.",
)  # fmt: skip
@_reason_option
@home_option
def erase(
    member_id: str,
    archive: Path,
    folders: tuple[Path, ...],
    because: str,
    home: Path,
) -> None:
    """Erase MEMBER_ID from archive, files and editions; list what went and what the law keeps.

    Refused while a loan or a guarantee runs, and before the ledger's own erasure. Exit code 3: the
    edition in use still holds the person; publish the next one and run this again.
    """
    use_policy_of(home)
    found = erased(home, archive, member_id, folders, because, _today(home))
    tell(**found.told)
    for line in found.lines():
        click.echo(line)
    if found.left:
        sys.exit(LEFT)


@command.command("retained")
@home_option
def list_retained(home: Path) -> None:
    """List what the law keeps of erased people, and until when; it names nobody."""
    from data.storage.retained import retained

    kept = retained(home)
    tell(retained=[{"file": e.path.name, "until": e.until, "rows": dict(e.rows)} for e in kept])
    for each in kept:
        rows = ", ".join(f"{table} {count}" for table, count in each.rows.items())
        click.echo(f"{each.path.name}  至 until {each.until}  {rows}")


@command.command("open-retained")
@click.argument("member_id")
@click.option("--out", required=True, type=FILE, help="Page or workbook, FILE.html or FILE.xlsx.")
@_reason_option
@home_option
def open_(member_id: str, out: Path, because: str, home: Path) -> None:
    """Write what the law keeps of MEMBER_ID, for the authority that may ask for it."""
    from data.storage.person_copy import plain_part, write_copy
    from data.storage.retained import open_retained
    from model.profile.dictionary import Text

    source = Text("依法留存", "kept by law")
    parts = [
        plain_part(Text(table, table), source, rows)
        for tables in open_retained(home, member_id)
        for table, rows in tables.items()
    ]
    if not parts:
        raise click.ClickException("nothing is kept of this member")
    record_in_audit(home, "retained_opened", because, member_id)
    write_copy(out, parts, _today(home))
    tell(out=out)
    click.echo(f"依法留存 kept by law: {out}")


@command.command("expire")
@home_option
def expire_retained(home: Path) -> None:
    """Destroy what the law keeps no longer; for the night's timer."""
    from data.storage.retained import expire

    over = expire(home, _today(home))
    tell(destroyed=[each.path.name for each in over])
    click.echo(f"已销毁 destroyed: {len(over)}")


def _archive_parts(archive: Path, member_id: str, today: date) -> Iterator[Part]:
    from data.storage.archive import Archive
    from data.storage.person_copy import archive_parts, profile_part
    from data.storage.person_rows import profile_of, rows_of
    from model.decision.eligibility import OF_OTHERS

    person = rows_of(Archive(archive), member_id)
    yield from archive_parts(person)
    if "members" in person.by_table:
        yield profile_part(profile_of(Archive(archive), person, today), OF_OTHERS)


def _ledger_parts(home: Path, member_id: str) -> Iterator[Part]:
    from api.ledger.store import ledger_exists, open_view
    from api.persons.commands import held_in_ledger
    from data.storage.person_copy import plain_part
    from model.profile.dictionary import Text

    location = ledger_of(home)
    if not ledger_exists(location):
        return
    with open_view(location) as view:
        held = held_in_ledger(view, member_id)
    source = Text("决策账本", "the ledger of decisions")
    if held["identity"]:
        yield plain_part(Text("账本中的身份", "Identity in the ledger"), source, [held["identity"]])
    if held["entries"]:
        yield plain_part(Text("账本记录", "Entries of the ledger"), source, held["entries"])
    if held["looks"]:
        records = Text("访问记录", "the access record")
        yield plain_part(Text("谁看过您的数据", "Who read your data"), records, held["looks"])


def _today(home: Path) -> date:
    from api.editions.demo import today_in

    return today_in(home)
