"""A person's rights on the console: a readable copy, and an erasure that reaches every store."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from api.core.settings import Settings
from api.decisions.commands import Decide
from api.editions.catalogue import editions
from api.editions.in_use import Resources
from api.editions.manifest import current_folder, editions_folder
from api.ledger.database import Location
from api.ledger.writer import Ledger
from api.persons.commands import Erase
from api.verify.verify import verify_ledger
from cli.main import rongzi
from cli.person_erasure import LEFT
from data.storage.archive import Archive
from model.decision.decision import Request
from tests.support.ledger.filling import loaded
from tests.support.tampering.tables import rows_in

DAY, WHY = "2023-10-01", ("--because", "asked for it in writing")


class Office:
    """A home with archive, edition, ledger and files, all of which hold one settled borrower."""

    def __init__(self, home: Path, settings: Settings, member: dict[str, Any]) -> None:
        self.home, self.settings, self.member = home, settings, member
        self.archive = home / "archive"
        self.resources: Resources = loaded(home)

    @property
    def id(self) -> str:
        return str(self.member["member_id"])

    def run(self, *line: str) -> Result:
        return CliRunner().invoke(rongzi, [*line, "--home", str(self.home)])

    def person(self, *line: str) -> Result:
        return self.run("person", *line)

    def erase(self, *more: str) -> Result:
        archive = ("--archive", str(self.archive))
        return self.person("erase", self.id, *archive, *WHY, "--json", *more)

    def decide(self) -> None:
        profile = self.resources.edition.profile(self.id)
        assert profile is not None
        request, today = Request(5_000, 12, "inputs"), date(2023, 10, 9)
        self._write(Decide(None, "officer-1", self.id, request, profile, self.resources, today))

    def erase_in_ledger(self) -> None:
        self._write(Erase(None, "reviewer-1", self.id, self.resources))

    def _write(self, command: Any) -> None:
        with closing(Ledger.open(self.settings)) as ledger:
            ledger.write_now(command)

    def holding(self) -> list[str]:
        """Return every file of the home, but the ledger's, in which a key of the person stands."""
        keys = [self.id, self.member["id_number"], self.member["phone"], *self.member["loans"]]
        return sorted(
            str(path.relative_to(self.home))
            for path in self.home.rglob("*")
            if path.is_file() and "ledger" not in path.parts and _holds(path, keys)
        )


def _holds(path: Path, keys: list[str]) -> bool:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        texts = [c for c in table.columns if pa.types.is_string(c.type)]
        return any(pc.any(pc.is_in(c, pa.array(keys))).as_py() for c in texts)
    if path.suffix == ".xlsx":
        sheets = openpyxl.load_workbook(path).worksheets
        cells = (c.value for sheet in sheets for row in sheet.iter_rows() for c in row)
        return any(str(value) in keys for value in cells)
    payload = path.read_bytes()
    return any(key.encode() in payload for key in keys if len(key) > 6)


@pytest.fixture
def office(
    published_home: Path,
    simulated_archive: Archive,
    member_profile: pa.Table,
    ledger_settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    home = ledger_settings.home
    shutil.copytree(published_home, home, dirs_exist_ok=True)
    shutil.copytree(simulated_archive.folder, home / "archive")
    monkeypatch.setenv("RONGZI_DATABASE_URL", str(ledger_settings.database_url))
    monkeypatch.setenv("RONGZI_CHECKPOINTS", str(ledger_settings.checkpoints))
    member = _settled_borrower(simulated_archive, member_profile)
    (home / "profiles").mkdir()
    pq.write_table(member_profile, home / "profiles" / f"{DAY}.parquet")
    (home / "quarantine").mkdir()
    with (home / "quarantine" / "loans-1.csv").open("w", encoding="gb18030", newline="") as file:
        heads = ["贷款编号", "会员编号", "原因"]
        other = ["L-9", "M-9", "x"]
        csv.writer(file).writerows([heads, [member["loans"][0], member["member_id"], "x"], other])
    (home / "inbox").mkdir()
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["会员编号", "姓名", "身份证号", "手机号"])
    book.active.append([member[name] for name in ("member_id", "name", "id_number", "phone")])
    book.active.append(["M-9", "孙一", "x", "y"])
    book.save(home / "inbox" / "members.xlsx")
    return Office(home, ledger_settings, member)


def _settled_borrower(archive: Archive, profile: pa.Table) -> dict[str, Any]:
    loans = archive.read("loans", ["loan_id", "member_id", "guarantor_id", "disbursed_on"])
    paid = loans.filter(pc.is_valid(loans["disbursed_on"]))
    guarantors = pc.unique(loans["guarantor_id"].drop_null())
    fits = pc.and_(
        pc.is_in(profile["member_id"], pc.unique(paid["member_id"])),
        pc.invert(pc.is_in(profile["member_id"], guarantors)),
    )
    settled = pc.equal(pc.fill_null(profile["balance_outstanding"], 0), 0)
    member_id = profile.filter(pc.and_(fits, settled))["member_id"][0].as_py()
    members = archive.read("members")
    row: dict[str, Any] = members.filter(pc.equal(members["member_id"], member_id)).to_pylist()[-1]
    own = paid.filter(pc.equal(paid["member_id"], member_id))["loan_id"]
    return row | {"loans": sorted(set(own.to_pylist()))}


def test_an_erasure_reaches_every_store_and_lists_what_went_and_what_the_law_keeps(
    office: Office,
) -> None:
    before = office.holding()
    stores = {"archive", "editions", "profiles", "quarantine", "inbox", "rows.parquet"}
    assert {name.split("/")[0] for name in before} == stores
    first = office.erase("--files", str(office.home))
    assert first.exit_code == LEFT, first.output
    told = json.loads(first.stdout)
    assert told["archive"]["members"] >= 1
    assert told["archive"]["loans"] == len(office.member["loans"])
    assert told["kept_by_law"]["loans"] == told["archive"]["loans"]
    assert "sales" not in told["kept_by_law"]
    assert told["left"] == [current_folder(office.home).name]
    assert sum("quarantine" in name for name in told["files"]) == 1
    assert sum("inbox" in name for name in told["files"]) == 1
    assert office.id not in first.stdout.replace(str(office.home), "")
    # The edition in use still serves; the next one is made without the person.
    archive, out = ("--archive", str(office.archive)), ("--out", str(office.home / "w.parquet"))
    published = office.run("whitelist", *archive, "--as-of", "2023-10-02", *out)
    assert published.exit_code == 0, published.output
    assert len(editions(office.home)) == 2
    second = office.erase("--files", str(office.home))
    assert second.exit_code == 0, second.output
    assert len(json.loads(second.stdout)["editions"]) == 1
    assert office.holding() == []
    assert not (editions_folder(office.home) / "erasing.json").exists()
    third = office.erase()
    assert third.exit_code == 0
    assert json.loads(third.stdout)["archive"] == {}


def test_what_the_law_keeps_opens_for_a_named_reason_and_ends_in_time(
    office: Office, tmp_path: Path
) -> None:
    office.decide()
    office.erase_in_ledger()
    assert office.erase().exit_code == LEFT
    (kept,) = json.loads(office.person("retained", "--json").stdout)["retained"]
    assert kept["until"].startswith("2028-")
    out = tmp_path / "court.html"
    opened = office.person("open-retained", office.id, "--out", str(out), "--because", "court 12")
    assert opened.exit_code == 0, opened.output
    text = out.read_text(encoding="utf-8")
    assert all(loan in text for loan in office.member["loans"])
    assert office.person("open-retained", "M-9", "--out", str(out), *WHY).exit_code != 0
    assert "destroyed: 0" in office.person("expire").output
    routes = _audited(office.settings)
    assert ("person_erased_from_files", WHY[1]) in routes
    assert ("retained_opened", "court 12") in routes
    report = verify_ledger(Location.of(office.settings))
    assert report.is_sound, report.findings


def test_the_ledger_is_erased_first_and_a_running_loan_forbids_it(
    office: Office, simulated_archive: Archive, member_profile: pa.Table
) -> None:
    office.decide()
    before = office.holding()
    refused = office.erase()
    assert refused.exit_code == 1
    assert "/erasure" in refused.output
    assert office.holding() == before
    office.erase_in_ledger()
    owing = member_profile.filter(pc.greater(member_profile["balance_outstanding"], 0))
    borrower = owing["member_id"][0].as_py()
    archive = ("--archive", str(office.archive))
    running = office.person("erase", borrower, *archive, *WHY)
    assert running.exit_code == 1
    assert "outstanding" in running.output
    short = office.person("erase", office.id, *archive, "--because", "no")
    assert short.exit_code != 0
    assert office.holding() == before


@pytest.mark.parametrize("ending", ["html", "xlsx"])
def test_a_copy_holds_the_own_data_in_full_with_sources_in_both_languages(
    office: Office, tmp_path: Path, ending: str
) -> None:
    office.decide()
    out = tmp_path / f"copy.{ending}"
    archive = ("--archive", str(office.archive))
    done = office.person("copy", office.id, *archive, "--out", str(out), *WHY)
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8") if ending == "html" else _cells(out)
    row = office.member
    for expected in (
        row["id_number"], row["name"], row["phone"], *row["loans"], "会员编号", "Member ID",
        "登记时间", "Recorded at", "近12个月净销售额", "Net sales, 12 months", "DECISION",
    ):  # fmt: skip
        assert expected in text, expected
    for other in ("household_balance_outstanding", "户内其他"):
        assert other not in text
    others = set(Archive(office.archive).read("members", ["id_number"])["id_number"].to_pylist())
    assert not [number for number in others - {row["id_number"]} if number in text]
    assert out.stat().st_mode & 0o077 == 0
    assert ("person_copied", WHY[1]) in _audited(office.settings)


def test_a_copy_of_nobody_is_refused_and_so_is_another_ending(
    office: Office, tmp_path: Path
) -> None:
    archive = ("--archive", str(office.archive))
    nobody = office.person("copy", "M-0", *archive, "--out", str(tmp_path / "x.html"), *WHY)
    other = office.person("copy", office.id, *archive, "--out", str(tmp_path / "x.pdf"), *WHY)
    assert 0 not in (nobody.exit_code, other.exit_code)
    assert list(tmp_path.glob("x.*")) == []


def _cells(path: Path) -> str:
    sheets = openpyxl.load_workbook(path).worksheets
    return "\n".join(str(c.value) for sheet in sheets for row in sheet.iter_rows() for c in row)


def _audited(settings: Settings) -> list[tuple[str, str | None]]:
    from api.ledger.database import open_engine
    from api.ledger.tables import accesses

    engine = open_engine(Location.of(settings).url, writes=False)
    with engine.connect() as connection:
        found = [(row["route"], row["detail"]) for row in rows_in(connection, accesses)]
    engine.dispose()
    return found
