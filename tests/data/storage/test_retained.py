"""What the law keeps of erased people: sealed, findable by the key alone, destroyed in time."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from data.storage.retained import Retained, expire, open_retained, retain, retained
from model.errors import ContractError, StorageError
from model.policy.retention import read_retention, retention_on
from model.policy.texts import shipped_text

LOANS = pa.table({"loan_id": ["L7001"], "member_id": ["M900"], "disbursed_on": [date(2022, 3, 1)]})
NAMES = pa.table({"member_id": ["M900"], "name": ["钱多"]})


@pytest.fixture
def kept(tmp_path: Path) -> Retained:
    return retain(tmp_path, "M900", {"members": NAMES, "loans": LOANS}, date(2033, 3, 1))


def test_what_is_kept_opens_for_this_person_as_it_was(tmp_path: Path, kept: Retained) -> None:
    (found,) = open_retained(tmp_path, "M900")
    assert found == {"members": NAMES.to_pylist(), "loans": LOANS.to_pylist()}
    assert list(open_retained(tmp_path, "M901")) == []
    assert list(open_retained(tmp_path / "another", "M900")) == []


def test_the_folder_names_nobody_and_only_its_owner_reads_it(
    tmp_path: Path, kept: Retained
) -> None:
    payload = kept.path.read_bytes()
    for text in ("M900", "L7001", "钱多"):
        assert text.encode() not in payload
        assert text not in kept.path.name
    assert kept.path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "keys" / "retained.key").stat().st_mode & 0o077 == 0
    (listed,) = retained(tmp_path)
    assert (listed.until, listed.rows) == (date(2033, 3, 1), {"members": 1, "loans": 1})


def test_a_second_erasure_is_kept_beside_the_first(tmp_path: Path, kept: Retained) -> None:
    retain(tmp_path, "M900", {"loans": LOANS}, date(2040, 1, 1))
    assert len(list(open_retained(tmp_path, "M900"))) == 2


def test_it_is_destroyed_when_its_time_has_come_and_not_before(
    tmp_path: Path, kept: Retained
) -> None:
    assert expire(tmp_path, date(2033, 2, 28)) == []
    assert expire(tmp_path, date(2033, 3, 1)) == [kept]
    assert retained(tmp_path) == []
    assert expire(tmp_path / "nothing", date(2033, 3, 1)) == []


def test_an_altered_file_a_moved_date_or_another_key_opens_nothing(
    tmp_path: Path, kept: Retained
) -> None:
    payload = kept.path.read_bytes()
    for changed in (
        payload[:-1] + bytes([payload[-1] ^ 1]),
        payload.replace(b"2033-03-01", b"2024-03-01"),
    ):
        kept.path.write_bytes(changed)
        with pytest.raises(StorageError, match="altered"):
            list(open_retained(tmp_path, "M900"))
    kept.path.write_bytes(b"{}\n")
    with pytest.raises(StorageError, match="damaged"):
        retained(tmp_path)
    shutil.rmtree(tmp_path / "keys")
    with pytest.raises(StorageError, match="backup"):
        list(open_retained(tmp_path, "M900"))


def test_the_law_keeps_identity_and_transactions_of_customers_and_nothing_of_others() -> None:
    law = retention_on(date(2026, 1, 1))
    assert law.kept(["members", "sales", "loans"]) == ("members", "loans")
    assert law.kept(["members", "sales", "consents"]) == ()
    assert law.until(date(2022, 3, 1)) == date(2032, 3, 1)
    assert law.until(date(2024, 2, 29)) == date(2034, 3, 1)
    assert retention_on(date(2023, 10, 1)).until(date(2022, 3, 1)) == date(2027, 3, 1)


def test_a_law_about_tables_that_do_not_exist_is_refused() -> None:
    text = shipped_text("retention.yaml").replace("[accounts, loans]", "[accounts, debts]")
    with pytest.raises(ContractError, match="customer_tables"):
        read_retention(text, date(2026, 1, 1))
