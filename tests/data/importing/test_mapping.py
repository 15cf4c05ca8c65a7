"""Files of another bank, imported by a mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from cli.import_ import command
from data.importing.mapping import read_mapping
from data.storage.archive import Archive
from model.archive.id_numbers import id_number_flaw, is_generated
from model.errors import ContractError

LOANS = """no;client;date;days;sum;kind;waited;status
7;C2;930705;360;96396;M;3;A
8;C1;930711;15;1659.5;X;0;B
9;C1;930101;30;500;;10;A
10;C3;930101;30;500;M;10;C
"""
MEMBERS: dict[str, Any] = {
    "table": "members",
    "file": "loan.csv",
    "only": {"status": ["A", "B"]},
    "first_of": ["client", "date"],
    "columns": {
        "member_id": "client",
        "id_number": {"test_id": "client"},
        "name": {"constant": "借款人"},
        "village_code": {"constant": "371502001001"},
        "household_id": "client",
        "occupation": {"constant": "grower"},
        "joined_on": {"column": "date", "date": "%y%m%d", "add_days": "waited"},
    },
}
VILLAGE: dict[str, Any] = {
    "table": "villages",
    "file": "loan.csv",
    "first_of": ["status"],
    "columns": {
        "village_code": {"constant": "371502001001"},
        "county": {"constant": "东昌府区"},
        "township": {"constant": "镇"},
        "village": {"constant": "村"},
    },
}
LENT: dict[str, Any] = {
    "table": "loans",
    "file": "loan.csv",
    "only": {"status": ["A", "B"]},
    "columns": {
        "loan_id": "no",
        "member_id": "client",
        "applied_on": {"column": "date", "date": "%y%m%d"},
        "disbursed_on": {"column": "date", "date": "%y%m%d", "add_days": "waited"},
        "decision": {"constant": "approved"},
        "amount": "sum",
        "months": {"column": "days", "times": 0.0334, "places": 0},
        "repayment": {"column": "kind", "words": {"M": "equal_instalments", "": "harvest_bullet"}},
    },
}


@pytest.fixture
def run(tmp_path: Path) -> Any:
    """Import the loans by a mapping of the given tables; return the run and the archive."""

    def imported(*tables: dict[str, Any], loans: str = LOANS) -> tuple[Result, Archive]:
        (tmp_path / "loan.csv").write_text(loans, encoding="utf-8")
        mapping = tmp_path / "mapping.yaml"
        mapping.write_text(yaml.safe_dump({"tables": list(tables)}), encoding="utf-8")
        archive = tmp_path / "archive"
        given = [str(tmp_path / "loan.csv"), "--archive", str(archive), "--mapping", str(mapping)]
        return CliRunner().invoke(command, given), Archive(archive)

    return imported


def test_rows_become_rows_of_the_archive_in_its_units_words_and_dates(run: Any) -> None:
    done, archive = run(VILLAGE, MEMBERS, LENT)
    assert done.exit_code == 0, done.output
    loans = {row["loan_id"]: row for row in archive.read("loans").to_pylist()}
    assert sorted(loans) == ["7", "8", "9"]
    assert (loans["7"]["months"], loans["8"]["months"], loans["9"]["months"]) == (12, 1, 1)
    assert loans["7"]["applied_on"].isoformat() == "1993-07-05"
    assert loans["7"]["disbursed_on"].isoformat() == "1993-07-08"
    assert loans["7"]["repayment"] == "equal_instalments"
    assert loans["9"]["repayment"] == "harvest_bullet"
    assert (loans["8"]["repayment"], loans["8"]["repayment_word"]) == ("other", "X")
    assert str(loans["8"]["amount"]) == "1659.50"


def test_of_rows_with_the_same_first_column_the_first_by_the_others_is_taken(run: Any) -> None:
    _, archive = run(VILLAGE, MEMBERS)
    members = {row["member_id"]: row for row in archive.read("members").to_pylist()}
    assert sorted(members) == ["C1", "C2"]
    assert members["C1"]["joined_on"].isoformat() == "1993-01-11"


def test_generated_numbers_are_counted_and_tell_neither_birth_date_nor_sex(run: Any) -> None:
    done, archive = run(VILLAGE, MEMBERS)
    rows = archive.read("members").to_pylist()
    assert "members.id_number 2" in done.output
    assert len({row["id_number"] for row in rows}) == 2
    for row in rows:
        assert is_generated(row["id_number"])
        assert id_number_flaw(row["id_number"]) is None
        assert (row["birth_date"], row["gender"]) == (None, None)


def test_importing_by_the_same_mapping_again_changes_nothing(run: Any) -> None:
    _, archive = run(VILLAGE, MEMBERS, LENT)
    before = {name: archive.read(name).num_rows for name in ("members", "loans")}
    run(VILLAGE, MEMBERS, LENT)
    assert {name: archive.read(name).num_rows for name in ("members", "loans")} == before


def test_a_cell_of_another_form_is_refused_by_row_and_column_without_its_content(run: Any) -> None:
    done, _ = run(LENT, loans=LOANS.replace("930711", "secret"))
    assert isinstance(done.exception, ContractError)
    assert "loan.csv, row 3: date is not of the form" in str(done.exception)
    assert "secret" not in str(done.exception)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"table": "loanz"}, "the archive has no table loanz"),
        ({"columns": {"loan": "no"}}, "loans.loan: the archive has no such column"),
        ({"columns": {"amount": {"columns": "sum"}}}, "loans.amount: a column is made of"),
        (
            {"columns": {"amount": {"column": "sum", "constant": 1}}},
            "names one of column, constant",
        ),
        ({"columns": {"loan_id": {"test_id": "no"}}}, "only id_number can be generated"),
        ({"columns": {"amount": "total"}}, "loan.csv has no column total"),
        ({"file": "loans.csv"}, "the mapping reads loans.csv, which is not among the files"),
        ({"rows": 5}, "unknown rows of table loans"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_is_refused(
    run: Any, change: dict[str, Any], message: str
) -> None:
    done, archive = run({**LENT, **change})
    assert isinstance(done.exception, ContractError)
    assert message in str(done.exception)
    assert not archive.folder.exists()


@pytest.mark.parametrize("text", ["- loans", "tables: []", "tables: [loans]", "{", "\tx"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"mapping\.yaml"):
        read_mapping(path)
