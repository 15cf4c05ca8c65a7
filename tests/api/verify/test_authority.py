"""Attacks on who may do what: roles written beside the audit, accounts that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import get_args

import pytest
from sqlalchemy import create_engine, delete, insert, select, update

from api.access.account_cache import AccountCache
from api.access.accounts import Accounts
from api.access.first_run import NewAccount, create_account
from api.access.issuer import Issuer
from api.access.matrix import MATRIX
from api.access.sign_in import SignIn, hash_password
from api.core.principal import Principal, Role
from api.core.settings import Settings
from api.decisions.commands import Decide
from api.http.problems import ProblemError
from api.ledger.chain import append_audit_rows
from api.ledger.database import Location
from api.ledger.entries import Kind
from api.ledger.findings import Finding
from api.ledger.tables import accesses
from api.ledger.tables import accounts as account_table
from api.ledger.writer import Ledger
from api.verify.authority import ROLES_OF_KIND
from api.verify.verify import verify_ledger
from tests.support.tampering.rows import rows_in, without_triggers

#: Kind of entry → the routes that write it.
_ROUTES = {
    "DECISION": ("post_decision",), "REPEATED": ("post_decision",),
    "REVIEW_REQUESTED": ("post_review_request",), "REVIEW_CLAIMED": ("post_review_claim",),
    "REVIEW_ASSIGNED": ("post_review_assignment", "post_review_release"),
    "REVIEW_DECIDED": ("post_review_verdict",), "OVERRIDDEN": ("post_override",),
    "DISBURSEMENT_PROPOSED": ("post_disbursement",),
    "DISBURSED": ("post_disbursement", "post_confirmation"),
    "CANCELLATION_PROPOSED": ("post_disbursement_cancellation",),
    "DISBURSEMENT_CANCELLED": ("post_disbursement_cancellation", "post_confirmation"),
    "CONSENT_GIVEN": ("post_consent",), "CONSENT_WITHDRAWN": ("post_consent_withdrawal",),
    "PROPOSAL_WITHDRAWN": ("post_proposal_withdrawal",),
    "REPAID": ("post_repayment",), "REPAYMENT_CANCELLED": ("post_repayment_cancellation",),
    "VISITED": ("post_visit",), "VISIT_WITHDRAWN": ("post_visit_withdrawal",),
    "BANK_REPORTED": (), "DIFFERENCE_SETTLED": ("post_settlement",),
    "EXPORTED": ("get_member_export",),
    "ERASED": ("post_member_erasure",),
}  # fmt: skip


def _write_beside(settings: Settings, name: str, **values: object) -> None:
    """Write into table ``accounts`` as somebody who can write the database."""
    engine = create_engine(Location.of(settings).url)
    with engine.begin() as connection:
        connection.execute(update(account_table).where(account_table.c.name == name).values(values))
    engine.dispose()


def _audited(settings: Settings) -> list[tuple[str, str | None]]:
    engine = create_engine(Location.of(settings).url)
    with engine.connect() as connection:
        rows = connection.execute(select(accesses).order_by(accesses.c.number)).mappings()
        found = [(row["route"], row["account"]) for row in rows]
    engine.dispose()
    return found


def test_a_role_written_beside_the_audit_opens_nothing_and_is_on_record(
    accounts: Accounts, officer: NewAccount, sign_in: SignIn, ledger_settings: Settings
) -> None:
    issuer = Issuer(ledger_settings.home)
    claims = issuer.check(issuer.token(sign_in.account(officer.name, officer.password, "::1")))
    before = accounts.find(officer.name)
    assert before is not None
    now = [0.0]
    cache = AccountCache(accounts, clock=lambda: now[0])
    assert asyncio.run(cache.account_for(claims)) is not None
    _write_beside(ledger_settings, officer.name, roles="officer,reviewer", places="")
    now[0] += 10
    assert asyncio.run(cache.account_for(claims)) is None
    with pytest.raises(ProblemError):
        sign_in.account(officer.name, officer.password, "127.0.0.1")
    _write_beside(ledger_settings, officer.name, roles="officer", places="371502")
    now[0] += 10
    assert asyncio.run(cache.account_for(claims)) is not None
    assert ("account_differs", officer.name) in _audited(ledger_settings)
    report = verify_ledger(Location.of(ledger_settings))
    assert report.is_sound, report.findings
    assert any("officer-1 differed from the audit" in each for each in report.notices)


def test_a_ghost_account_that_comes_and_goes_never_signs_in(
    accounts: Accounts, officer: NewAccount, sign_in: SignIn, ledger_settings: Settings
) -> None:
    url = Location.of(ledger_settings).url
    engine = create_engine(url)
    with engine.begin() as connection:
        (row,) = rows_in(connection, account_table)
        ghost = row | {"name": "ghost", "password_hash": hash_password("a ghost of a chance")}
        connection.execute(insert(account_table), [ghost])
    with pytest.raises(ProblemError):
        sign_in.account("ghost", "a ghost of a chance", "127.0.0.1")
    with engine.begin() as connection:
        connection.execute(delete(account_table).where(account_table.c.name == "ghost"))
    engine.dispose()
    assert ("account_differs", "ghost") in _audited(ledger_settings)
    assert sign_in.account(officer.name, officer.password, "127.0.0.1")


def test_a_grant_that_the_service_did_not_seal_grants_nothing(
    accounts: Accounts, officer: NewAccount, sign_in: SignIn, ledger_settings: Settings
) -> None:
    location = Location.of(ledger_settings)
    with without_triggers(location.url) as connection:
        granted = rows_in(connection, accesses)[0]
        detail = str(granted["detail"]).replace("officer;", "reviewer;")
        append_audit_rows(connection, [granted | {"route": "account_changed", "detail": detail}])
        connection.execute(update(account_table).values(roles="reviewer", version=2))
    with pytest.raises(ProblemError):
        sign_in.account(officer.name, officer.password, "127.0.0.1")
    assert accounts.usable() == []
    assert any(each.kind == "look" for each in verify_ledger(location).findings)


def test_a_sign_in_is_on_record(
    officer: NewAccount, sign_in: SignIn, ledger_settings: Settings
) -> None:
    sign_in.account(officer.name, officer.password, "127.0.0.1")
    assert ("signed_in", officer.name) in _audited(ledger_settings)
    assert verify_ledger(Location.of(ledger_settings)).is_sound


@pytest.fixture
def granted(ledger_settings: Settings) -> dict[str, Principal]:
    """An officer of everywhere, one of another county, and a reviewer, as the audit grants them."""
    with closing(Accounts(ledger_settings)) as opened:
        opened.prepare()
        wanted: list[tuple[str, tuple[Role, ...], tuple[str, ...]]] = [
            ("anne", ("officer",), ("",)),
            ("bert", ("officer",), ("999999",)),
            ("carl", ("reviewer",), ("",)),
        ]
        create_account(opened, wanted)
        return {account.name: account.principal for account in opened.usable()}


def _findings_after(
    ledger: Ledger, settings: Settings, *acts: tuple[Decide, str | None]
) -> list[Finding]:
    for command, authority in acts:
        ledger.write_now(command, authority)
    return verify_ledger(Location.of(settings)).findings


def test_every_entry_carries_the_roles_and_places_that_the_audit_grants(
    ledger: Ledger, ledger_settings: Settings, granted: dict[str, Principal], asks: list[Decide]
) -> None:
    anne = granted["anne"]
    done = replace(asks[0], actor="anne")
    assert _findings_after(ledger, ledger_settings, (done, anne.authority)) == []
    with ledger.read() as view:
        (entry,) = view.entries_where()
    assert entry.authority == '{"grant":1,"places":[""],"roles":["officer"]}'


Forge = Callable[[dict[str, Principal]], tuple[str, str | None]]
#: What a service was made to believe, and what the verification says of it.
FORGED: dict[str, tuple[Forge, str]] = {
    "a role that the audit does not grant": (
        lambda known: (
            "anne",
            replace(known["anne"], roles=frozenset({"officer", "reviewer"})).authority,
        ),
        "does not grant",
    ),
    "a place that the audit does not grant": (
        lambda known: ("bert", replace(known["bert"], places=("",)).authority),
        "does not grant",
    ),
    "the grant of another account": (
        lambda known: ("ghost", known["anne"].authority),
        "no row of the audit grants",
    ),
    "a role that may not do it": (
        lambda known: ("carl", known["carl"].authority),
        "may not do this",
    ),
    "a place elsewhere": (
        lambda known: ("bert", known["bert"].authority),
        "outside the places",
    ),
    "no grant at all": (lambda known: ("ghost", None), "without roles granted"),
    "a grant that no row makes": (
        lambda known: ("anne", replace(known["anne"], grant=77).authority),
        "no row of the audit grants",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_an_entry_by_rights_that_the_audit_does_not_grant_is_found(
    ledger: Ledger,
    ledger_settings: Settings,
    granted: dict[str, Principal],
    asks: list[Decide],
    name: str,
) -> None:
    forge, said = FORGED[name]
    actor, authority = forge(granted)
    rightful = (replace(asks[0], actor="anne"), granted["anne"].authority)
    forged = (replace(asks[1], actor=actor), authority)
    findings = _findings_after(ledger, ledger_settings, rightful, forged)
    assert [(each.kind, each.seq) for each in findings] == [("authority", 2)], findings
    assert said in findings[0].what


def test_rights_used_after_they_ended_are_found(
    desk_with_accounts: tuple[Ledger, Settings], asks: list[Decide]
) -> None:
    ledger, settings = desk_with_accounts
    with closing(Accounts(settings)) as opened:
        create_account(opened, [("anne", ("officer",), ("",))])
        (anne,) = opened.usable()
        opened.change(
            "anne", "account_disabled", "boss", lambda was: replace(was, is_enabled=False)
        )
    done = replace(asks[0], actor="anne")
    findings = _findings_after(ledger, settings, (done, anne.principal.authority))
    assert ["ended with the change of the account" in each.what for each in findings] == [True]


@pytest.fixture
def desk_with_accounts(ledger_settings: Settings) -> tuple[Ledger, Settings]:
    """A ledger whose clock is an hour ahead of the accounts' changes."""
    from datetime import UTC, datetime, timedelta

    later = datetime.now(tz=UTC) + timedelta(hours=1)
    return Ledger.open(ledger_settings, lambda: later), ledger_settings


def test_every_kind_of_entry_names_the_roles_of_its_route() -> None:
    assert set(ROLES_OF_KIND) == set(get_args(Kind)) == set(_ROUTES)
    for kind, granted in ROLES_OF_KIND.items():
        allowed = frozenset().union(*(MATRIX[route].roles for route in _ROUTES[kind]))
        assert allowed <= granted, kind


def test_an_access_by_rights_that_the_audit_does_not_grant_is_found(
    ledger: Ledger, ledger_settings: Settings, granted: dict[str, Principal]
) -> None:
    from api.access.audit import RecordAccess

    look = RecordAccess("anne", "get_member", "371502", 1, "request-1", "M1", None)
    ledger.write_now(look, granted["anne"].authority)
    assert verify_ledger(Location.of(ledger_settings)).is_sound
    forged = replace(granted["anne"], roles=frozenset({"auditor"})).authority
    ledger.write_now(replace(look, request_id="request-2"), forged)
    (finding,) = verify_ledger(Location.of(ledger_settings)).findings
    assert "audit row 5: anne acted by rights" in finding.what
