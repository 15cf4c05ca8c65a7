"""``rongzi init``: the first accounts of a home, with passwords that are shown once."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("init")
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of keys, editions and, without RONGZI_DATABASE_URL, the ledger.",
)
@click.option(
    "--demo",
    is_flag=True,
    help="Also one officer per county, a reviewer, an analyst, an auditor and an operator.",
)
def command(home: Path, demo: bool) -> None:
    """Create the administrator; a home that has accounts refuses."""
    from api.access.first_run import first_accounts
    from cli.users import settings_of, told

    handed = first_accounts(settings_of(home), demo=demo)
    for line in told(handed):
        click.echo(line)
    click.echo("passwords are shown this once; rongzi users reset-password NAME makes a new one")


if __name__ == "__main__":
    command()
