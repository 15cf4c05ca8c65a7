"""The vault: identities decrypt only with the key and in their own cell; keys are protected."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, select

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.ledger.database import Location
from api.ledger.errors import LedgerAwayError
from api.ledger.keys import Keys, read_keys
from api.ledger.tables import identities
from api.ledger.vault import Vault
from api.ledger.writer import Ledger
from model.errors import LedgerError


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return read_keys(tmp_path_factory.mktemp("keys"), may_make=True)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_an_encrypted_text_decrypts_and_never_encrypts_alike_twice(keys: Keys, text: str) -> None:
    vault = Vault(keys)
    one, other = vault.close(text, "s", "name"), vault.close(text, "s", "name")
    assert vault.open(one, "s", "name") == vault.open(other, "s", "name") == text
    assert one != other


def test_a_cell_opens_in_no_other_row_or_column(keys: Keys) -> None:
    vault = Vault(keys)
    cell = vault.close("张三", "s1", "name")
    for subject, field in (("s2", "name"), ("s1", "phone"), ("s1\nname", "")):
        with pytest.raises(LedgerError, match="does not open"):
            vault.open(cell, subject, field)


@pytest.mark.parametrize("position", range(0, 40, 3))
def test_a_flipped_bit_does_not_open(keys: Keys, position: int) -> None:
    cell = bytearray(Vault(keys).close("999901197001010014", "s", "id_number"))
    cell[position] ^= 1
    with pytest.raises(LedgerError, match="does not open"):
        Vault(keys).open(bytes(cell), "s", "id_number")


def test_another_key_opens_nothing_and_finds_nobody(keys: Keys) -> None:
    other = Vault(replace(keys, vault=bytes(32), blind=bytes(32)))
    with pytest.raises(LedgerError, match="another ledger's"):
        other.open(Vault(keys).close("M1", "s", "member_id"), "s", "member_id")
    assert other.index("M1") != Vault(keys).index("M1")


def test_the_table_shows_nothing_of_a_person(
    ledger: Ledger, ledger_settings: Settings, asks: list[Decide]
) -> None:
    ledger.write_now(asks[0])
    engine = create_engine(Location.of(ledger_settings).url)
    with engine.connect() as connection:
        (row,) = connection.execute(select(identities)).mappings().all()
    engine.dispose()
    person = asks[0].resources.edition.person(asks[0].member_id) or {}
    shown = b"".join(v if isinstance(v, bytes) else str(v).encode() for v in row.values())
    for text in (asks[0].member_id, person["name"], person["id_number"]):
        assert str(text).encode() not in shown
    with ledger.read() as view:
        stored = view.identities.person(row["subject_id"])
    assert stored == {
        "member_id": asks[0].member_id,
        **{name: person[name] for name in ("name", "id_number", "phone")},
    }


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first, again = read_keys(tmp_path, may_make=True), read_keys(tmp_path, may_make=True)
    assert (first.vault, first.blind) == (again.vault, again.blind)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {
        "vault.key": 0o600, "blind.key": 0o600, "ledger.pem": 0o600, "ledger.pub": 0o644,
    }  # fmt: skip


def test_a_key_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    read_keys(tmp_path, may_make=True)
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(LedgerError, match="chmod 600"):
        read_keys(tmp_path, may_make=False)


@pytest.mark.parametrize("name", ["vault.key", "blind.key", "ledger.pem"])
def test_a_ledger_with_entries_never_gets_a_new_key(
    ledger_settings: Settings, asks: list[Decide], name: str
) -> None:
    first = Ledger.open(ledger_settings)
    first.write_now(asks[0])
    first.close()
    path = ledger_settings.home / "keys" / name
    content = path.read_bytes()
    path.unlink()
    again = Ledger.open(ledger_settings)
    with pytest.raises(LedgerAwayError):
        again.write_now(asks[1])
    assert f"{name}: this key is missing" in str(again.fault)
    path.write_bytes(content)
    path.chmod(0o600)
    assert json.loads(again.write_now(asks[1]).body)["decision_id"]
    assert again.fault is None
    again.close()
