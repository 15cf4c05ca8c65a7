"""``rongzi upgrade-ledger``: create the ledger's tables or bring them up to date."""

from __future__ import annotations

from pathlib import Path

import click

from cli.json_output import tell
from cli.options import ledger_location, ledger_options
from model.errors import LedgerError


@click.command("upgrade-ledger")
@ledger_options
@click.option("--service-role", help="PostgreSQL account of the service, which gets its grants.")
@click.option(
    "--begin-checkpoints", is_flag=True,
    help="Begin a new checkpoint file because the ledger's own is lost; verify-ledger says so.",
)  # fmt: skip
@click.option("--because", help="Why the checkpoint file is begun anew; the audit records it.")
def command(
    home: Path,
    checkpoints: Path | None,
    service_role: str | None,
    begin_checkpoints: bool,
    because: str | None,
) -> None:
    """Create or upgrade the ledger's tables; run it as their owner, not as the service.

    On PostgreSQL the service's own account may then read and append, and erase identities, but
    neither change nor delete an entry. SQLite is upgraded whenever the service opens it.
    """
    from sqlalchemy.exc import DBAPIError

    from api.access.account_events import console_user
    from api.ledger.audit import begin_checkpoint_file
    from api.ledger.database import open_engine
    from api.ledger.schema import grant_service_role, restore_triggers, upgrade
    from api.ledger.store import unreadable_message

    if begin_checkpoints and not because:
        raise click.UsageError("--begin-checkpoints needs --because TEXT")
    engine = open_engine(ledger_location(home, checkpoints).url, writes=True)
    try:
        upgrade(engine)
        restored = restore_triggers(engine)
        tell(restored=restored, granted=service_role)
        for table in restored:
            click.echo(f"{table}: the triggers that refuse changes were gone; created again")
        if service_role:
            grant_service_role(engine, service_role)
    except DBAPIError as error:
        raise LedgerError(unreadable_message(error)) from error
    finally:
        engine.dispose()
    if begin_checkpoints and because:
        begin_checkpoint_file(ledger_location(home, checkpoints), console_user(), because)
        click.echo("a new checkpoint file is begun, and the audit says so")
    click.echo("the ledger's tables are up to date")
