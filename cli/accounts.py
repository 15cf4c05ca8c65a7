"""The accounts of a home on the console, and signing in there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import settings_of

if TYPE_CHECKING:
    from api.access.account import Account
    from api.access.accounts import Accounts
    from api.access.sign_in import SignIn
    from api.core.principal import Role

because_option = click.option(
    "--because", required=True, metavar="TEXT", help="Reason, kept in the audit."
)
#: Failed sign-ins at consoles count together.
_SOURCE = "console"


def open_accounts(home: Path) -> closing[Accounts]:
    """Return the accounts of `home`, to be closed after use; their tables are made if absent."""
    from api.access.accounts import Accounts

    accounts = Accounts(settings_of(home))
    accounts.prepare()
    return closing(accounts)


def refuse_unknown(accounts: Accounts, name: str) -> None:
    """Refuse a name that no account has: nothing would change, and the answer would say it did.

    Raises
    ------
    AccessError
        If there is no such account.
    """
    from model.errors import AccessError

    if accounts.find(name) is None:
        raise AccessError("no such account; rongzi users list names them")


def sign_in_as(accounts: Accounts, name: str | None, role: Role) -> str:
    """Ask for the password, and the code where one is needed; return the name of the account.

    Parameters
    ----------
    name
        The account; asked for if None.
    role
        The role that it must have.

    Raises
    ------
    ClickException
        If nobody signs in, or the account lacks the role.
    """
    name = str(name or click.prompt(f"account ({role})", err=True))
    account = signed_in_at_console(accounts, name)
    if role not in account.roles:
        raise click.ClickException(f"{name} does not have the role {role}")
    return account.name


def ask_password(name: str) -> str:
    """Return the password of `name` as typed, without showing it."""
    return str(click.prompt(f"password of {name}", hide_input=True, err=True))


def ask_code(name: str) -> str:
    """Return the one-time code of `name` as typed."""
    return str(click.prompt(f"code of {name}", err=True))


def signed_in_at_console(accounts: Accounts, name: str) -> Account:
    """Ask for the password of `name`, and the code where one is needed; return the account.

    Who must have a second factor and has none enrols it by this.

    Raises
    ------
    ClickException
        If nobody signs in.
    """
    from api.access.sign_in import SignIn
    from api.http.access_problems import SECOND_FACTOR_MISSING, SECOND_FACTOR_NEEDED
    from api.http.problems import ProblemError

    sign_in, password = SignIn(accounts), ask_password(name)
    try:
        try:
            return sign_in.account(name, password, _SOURCE)
        except ProblemError as refused:
            if refused.kind == SECOND_FACTOR_MISSING:
                return enrolled_at_console(sign_in, name, password)
            if refused.kind != SECOND_FACTOR_NEEDED:
                raise
        return sign_in.account(name, password, _SOURCE, ask_code(name))
    except ProblemError as refused:
        raise click.ClickException(
            f"{refused.kind.title.en}. {refused.kind.detail.en}"
        ) from refused


def enrolled_at_console(sign_in: SignIn, name: str, password: str) -> Account:
    """Show a new secret, ask for a code of it, and let it count; return the account.

    Raises
    ------
    ProblemError
        If the password or the code is wrong, or there is a second factor.
    """
    new = sign_in.enrol(name, password, _SOURCE)
    click.echo(f"{name} needs a second factor: enter this secret into an authenticator", err=True)
    click.echo(f"secret: {new.secret}\n{new.uri}", err=True)
    return sign_in.confirm(name, password, _SOURCE, ask_code(name))
