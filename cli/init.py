"""``rongzi init``: create the first accounts of a home and show their passwords once."""

from __future__ import annotations

from pathlib import Path

import click

from cli.json_output import tell
from cli.options import home_option, settings_of


@click.command("init")
@home_option
@click.option(
    "--demo",
    is_flag=True,
    help="Also create two officers per county and an account of each other role.",
)
def command(home: Path, demo: bool) -> None:
    """Create two administrators; refused if the home already has accounts."""
    from api.access.first_run import first_accounts
    from cli.users import account_lines, told_accounts

    created = first_accounts(settings_of(home), demo=demo)
    tell(accounts=told_accounts(created))
    for line in account_lines(created):
        click.echo(line)
    click.echo("passwords are shown only once; rongzi users reset-password NAME orders a new one")
