"""``rongzi verify-ledger``: whether every entry is there, unchanged, and in its place."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger_options import located, location
from model.errors import LedgerError

if TYPE_CHECKING:
    from api.ledger.findings import Report

#: Exit codes: something was found; it could not be verified at all.
FOUND, IMPOSSIBLE = 1, 2
_MOST_SHOWN = 20


@click.command("verify-ledger")
@located
@click.option(
    "--public-key",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="keys/ledger.pub, where the other keys are not at hand.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
def command(home: Path, checkpoints: Path | None, public_key: Path | None, as_json: bool) -> None:
    """Verify the ledger against its hash chain, its seals and the checkpoints outside it.

    Exit code 0: sound. 1: something is wrong, each told with its entry. 2: could not be verified.
    """
    from sqlalchemy.exc import DBAPIError

    from api.ledger.store import unreadable_message
    from api.verify.verify import verify_ledger

    try:
        report = verify_ledger(location(home, checkpoints), public_key)
    except (LedgerError, DBAPIError) as error:
        why = unreadable_message(error) if isinstance(error, DBAPIError) else str(error)
        click.echo(f"rongzi: {why}", err=True)
        sys.exit(IMPOSSIBLE)
    told = json.dumps(asdict(report) | {"sound": report.is_sound}, ensure_ascii=False, indent=1)
    click.echo(told if as_json else "\n".join(_lines(report)))
    sys.exit(0 if report.is_sound else FOUND)


def _lines(report: Report) -> Iterator[str]:
    for notice in report.notices:
        yield f"note: {notice}"
    for finding in report.findings[:_MOST_SHOWN]:
        yield f"WRONG [{finding.kind}] {finding.what}"
    if len(report.findings) > _MOST_SHOWN:
        yield f"… and {len(report.findings) - _MOST_SHOWN} more (--json lists all)"
    counts = (
        f"{report.entries} entries, {report.checkpoints} seals, {report.outside_lines} lines"
        f" outside, {report.answers} kept answers, {report.identities} identities,"
        f" {report.looks} looks, {report.accounts} accounts"
    )
    if report.is_sound:
        yield f"sound: {counts}; head {report.head}"
    else:
        yield (
            f"NOT SOUND: {_findings(len(report.findings))} in {counts}. Stop the service, keep"
            " the database and the file of checkpoints as evidence, and restore from backup what is"
            " named above (docs/reference/ledger.md)"
        )


def _findings(count: int) -> str:
    return "1 finding" if count == 1 else f"{count} findings"
