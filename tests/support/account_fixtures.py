"""Fixtures of accounts on both databases, an officer, a sign-in, and claims of tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    from api.access.accounts import Accounts
    from api.access.first_run import NewAccount
    from api.access.sign_in import SignIn
    from api.core.settings import Settings


@pytest.fixture
def accounts(ledger_settings: Settings) -> Iterator[Accounts]:
    """The accounts of a new ledger."""
    from api.access.accounts import Accounts

    with closing(Accounts(ledger_settings)) as opened:
        opened.prepare()
        yield opened


@pytest.fixture
def officer(accounts: Accounts) -> NewAccount:
    """An officer of one county, with the password."""
    from api.access.first_run import create_account

    (made,) = create_account(accounts, [("officer-1", ("officer",), ("371502",))])
    return made


@pytest.fixture
def sign_in(accounts: Accounts, ledger_settings: Settings) -> SignIn:
    """The sign-in of the accounts."""
    from api.access.issuer import Issuer
    from api.access.sign_in import SignIn

    return SignIn(accounts, Issuer(ledger_settings.home))


@pytest.fixture(scope="session")
def rsa() -> RSAPrivateKey:
    """An identity provider's key."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(65537, 2048)


def claims(**changed: Any) -> dict[str, Any]:
    """Return what a good token of ours says, but for what is `changed`; None leaves one out."""
    from api.access.issuer import AUDIENCE, ISSUER

    now = int(time.time())
    good = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "officer-1", "ver": 1, "jti": "one",
        "iat": now, "nbf": now, "exp": now + 60,
    }  # fmt: skip
    return {name: value for name, value in (good | changed).items() if value is not None}
