"""``rongzi verify-ledger``: check that every entry exists, unchanged and in its order."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import ledger_location, ledger_options
from model.errors import LedgerError

if TYPE_CHECKING:
    from api.ledger.findings import Report

#: Exit codes: the ledger has findings; the ledger could not be verified.
UNSOUND, UNVERIFIED = 1, 2
_MAX_SHOWN = 20


@click.command("verify-ledger")
@ledger_options
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="keys/ledger.pub, for a machine without the other keys.",
)
@click.option(
    "--against",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own copy of checkpoints: earlier lines, a witness's file or a syslog; repeatable.",
)
@click.option(
    "--stamp-authority",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Certificates (PEM) of the authority whose time stamps are in --against; needs openssl.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def command(
    home: Path,
    checkpoints: Path | None,
    public_key: Path | None,
    against: tuple[Path, ...],
    stamp_authority: Path | None,
    as_json: bool,
) -> None:
    """Verify the ledger against its hash chain, its seals and the checkpoints outside it.

    The editions of the home are verified as well: signature, manifest and every file.

    Exit code 0: sound. 1: something is wrong; each finding names its entry. 2: not verified.
    """
    from sqlalchemy.exc import DBAPIError

    from api.ledger.store import unreadable_message
    from api.verify.editions import verify_editions
    from api.verify.verify import verify_ledger

    try:
        location = ledger_location(home, checkpoints)
        report = verify_ledger(location, public_key, against, stamp_authority)
        verify_editions(home, report)
    except (LedgerError, DBAPIError) as error:
        cause = unreadable_message(error) if isinstance(error, DBAPIError) else str(error)
        click.echo(f"rongzi: {cause}", err=True)
        sys.exit(UNVERIFIED)
    if as_json:
        payload = asdict(report) | {"sound": report.is_sound}
        click.echo(json.dumps(payload, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(report)))
    sys.exit(0 if report.is_sound else UNSOUND)


def _lines(report: Report) -> Iterator[str]:
    for notice in report.notices:
        yield f"note: {notice}"
    for finding in report.findings[:_MAX_SHOWN]:
        yield f"WRONG [{finding.kind}] {finding.what}"
    if len(report.findings) > _MAX_SHOWN:
        yield f"… and {len(report.findings) - _MAX_SHOWN} more (--json lists all)"
    counts = (
        f"{report.entries} entries, {report.checkpoints} seals, {report.outside_lines} checkpoints"
        f" outside, {report.answers} stored answers, {report.identities} identities,"
        f" {report.looks} access records, {report.accounts} accounts"
    )
    if report.is_sound:
        yield f"sound: {counts}; head {report.head}"
    else:
        count = len(report.findings)
        yield (
            f"NOT SOUND: {'1 finding' if count == 1 else f'{count} findings'} in {counts}. Stop the"
            " service, keep the database and the file of checkpoints as evidence, and restore from"
            " backup the entries named above (docs/reference/ledger.md)"
        )
