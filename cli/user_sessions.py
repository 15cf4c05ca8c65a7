"""``rongzi users``: the sessions and the second factor of an account."""

from __future__ import annotations

from pathlib import Path

import click

from cli.accounts import ask_password, enrolled_at_console, open_accounts, refuse_unknown
from cli.json_output import tell


@click.command("sessions")
@click.argument("name")
@click.pass_obj
def list_sessions(home: Path, name: str) -> None:
    """Show the sessions of NAME that live."""
    from api.access.issuer import Issuer
    from api.access.sessions import Sessions

    with open_accounts(home) as accounts:
        refuse_unknown(accounts, name)
        found = Sessions(accounts, Issuer(home)).of(name)
    tell(sessions=[vars(each) for each in found])
    for each in found:
        times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (each.started_at, each.used_at))
        click.echo(f"{each.session_id}  {'  '.join(times)}  until {each.ends_at:%Y-%m-%d %H:%M}")


@click.command("sign-out")
@click.argument("name")
@click.pass_obj
def sign_out(home: Path, name: str) -> None:
    """End every session of NAME within seconds; the account may sign in again."""
    from api.access.account_events import console_user
    from api.access.issuer import Issuer
    from api.access.sessions import Sessions

    with open_accounts(home) as accounts:
        refuse_unknown(accounts, name)
        ended = Sessions(accounts, Issuer(home)).end_all(name, console_user())
    tell(name=name, ended=ended)
    click.echo(f"{name}: {ended} sessions ended")


@click.command("enrol")
@click.argument("name")
@click.pass_obj
def enrol(home: Path, name: str) -> None:
    """Enrol a second factor of NAME, who types the password and then a code of the new secret."""
    from api.access.sign_in import SignIn
    from api.http.problems import ProblemError

    with open_accounts(home) as accounts:
        refuse_unknown(accounts, name)
        sign_in, password = SignIn(accounts), ask_password(name)
        try:
            enrolled_at_console(sign_in, name, password)
        except ProblemError as refused:
            raise click.ClickException(refused.kind.title.en) from refused
    tell(name=name, done="enrolled")
    click.echo(f"{name}: from now on every sign-in needs a code")
