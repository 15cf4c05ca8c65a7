"""The main line as a user types it: each command's files, by content.

What a command says is wording and not looked at; what it exits with and leaves behind is.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import yaml
from click.testing import CliRunner

from cli.main import rongzi
from model.card.card_file import write_card
from model.card.card_json import card_from_json
from tests.support.recording.content import csv_content, digest, table_content
from tests.support.recording.kept import recorded, shape_of
from tests.support.recording.small_home import hand_card, publish_hand_card, put_keys
from tests.support.recording.trained_cards import made_up_table
from tests.support.recording.wording import without_sentences

_DIALECTS = ("portable", "duckdb", "postgres", "spark")
#: Columns of csv files that hold sentences, by the end of their names.
_WORDS = ("_zh", "_en")
_REASONS = ("原因", "Reason")


def simulation(folder: Path) -> dict[str, Any]:
    """Simulate 1,200 members over 36 months: every archive table, and the members' truth."""
    archive, truth = folder / "simulated", folder / "truth.parquet"
    _type(
        "simulate", "--members", 1_200, "--seed", 54, "--out", archive,
        "--truth", truth, "--replications", 1,
    )  # fmt: skip
    return {"archive": _archive(archive), "truth": table_content(pq.read_table(truth))}


def imported(folder: Path) -> dict[str, Any]:
    """Export a small archive as branch files, dirt included, and import them."""
    inbox, quarantine, report = folder / "inbox", folder / "quarantine", folder / "report.json"
    _type(
        "simulate", "--members", 200, "--months", 12, "--seed", 5, "--out", folder / "small",
        "--export-files", inbox, "--dirt", folder / "dirt.csv",
    )  # fmt: skip
    _type(
        "import", inbox, "--archive", folder / "imported", "--report", report,
        "--quarantine", quarantine, "--recorded-at", "2026-01-01", "--workers", 1,
    )  # fmt: skip
    return {
        "branch files": {path.name: _cells(path) for path in _files(inbox)},
        "dirt": csv_content(folder / "dirt.csv"),
        "report": _report(json.loads(report.read_text(encoding="utf-8")), folder),
        # A quarantined file's name ends in a digest of its bytes, and a workbook holds its date.
        "quarantine": {_nameless(path.name): _cells(path) for path in _files(quarantine)},
        "archive": _archive(folder / "imported"),
    }


def published(folder: Path) -> dict[str, Any]:
    """Profile and score the simulated members, and publish two editions by the hand's card."""
    home, archive = folder / "home", folder / "simulated"
    put_keys(home)
    publish_hand_card(home, folder / "card")
    profile = folder / "profile.parquet"
    _type("profile", "--archive", archive, "--as-of", "2023-10-01", "--out", profile)
    found: dict[str, Any] = {"profile": table_content(pq.read_table(profile))}
    for day in ("2023-04-01", "2023-10-01"):
        rows = folder / "rows" / f"{day}.parquet"
        _type("whitelist", "--archive", archive, "--as-of", day, "--out", rows, "--home", home)
        found[f"rows {day}"] = table_content(pq.read_table(rows))
    name = (home / "editions" / "current").read_text(encoding="utf-8").strip()
    found["edition"] = _edition(home / "editions" / name)
    found["signed"] = [
        line
        for path in (*sorted(home.glob("cards/*/card.manifest")), home / "cards/promotions.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return found


def scored(folder: Path) -> dict[str, Any]:
    """Score the profiles as a flat table: to csv and to Parquet."""
    for ending in ("csv", "parquet"):
        _type(
            "score", "--table", folder / "profile.parquet", "--card", folder / "card",
            "--out", folder / f"scored.{ending}", "--home", folder / "home",
        )  # fmt: skip
    return {
        "csv": csv_content(folder / "scored.csv"),
        "parquet": table_content(pq.read_table(folder / "scored.parquet")),
    }


def shadowed(folder: Path) -> dict[str, Any]:
    """Score the simulated members by the hand's card and by one that was learned; compare."""
    card = folder / "challenger"
    write_card(card, card_from_json(json.dumps(recorded("cards")["archive_woe"]["card"]).encode()))
    _type(
        "shadow", card, "--archive", folder / "simulated", "--as-of", "2023-10-01",
        "--out", folder / "shadow", "--home", folder / "home",
    )  # fmt: skip
    return {path.name: _kept(path, folder) for path in _files(folder / "shadow")}


def exported(folder: Path) -> dict[str, Any]:
    """Write the hand's card as SQL in each dialect, as JSON, and as a workbook."""
    card = folder / "card to export"
    write_card(card, hand_card())
    found: dict[str, Any] = {}
    for dialect in _DIALECTS:
        out = folder / f"{dialect}.sql"
        _type("export-card", "--format", "sql", "--dialect", dialect, "--card", card, "--out", out)
        # What stands behind -- is for the reader.
        found[dialect] = re.sub(r"\s*--.*", "", out.read_text(encoding="utf-8")).splitlines()
    for form in ("json", "xlsx"):
        _type("export-card", "--format", form, "--card", card, "--out", folder / f"card.{form}")
    found["json"] = hashlib.sha256((folder / "card.json").read_bytes()).hexdigest()
    book = openpyxl.load_workbook(folder / "card.xlsx")
    found["xlsx"] = [
        [cell.value for row in sheet.iter_rows() for cell in row if _is_number(cell.value)]
        for sheet in book
    ]
    return found


def trained(folder: Path) -> dict[str, Any]:
    """Draft a dictionary for a table, train on it, and move the card to a long-run bad rate."""
    table, card, moved = made_up_table(folder / "loans.csv"), folder / "trained", folder / "moved"
    named = ("--target", "outcome", "--bad", "bad")
    draft = _type("dictionary", table, *named)
    _type(
        "train", "--table", table, *named, "--family", "woe", "--out", card,
        "--trained-by", "tester", "--home", folder / "nowhere", "--mlruns", folder / "mlruns",
    )  # fmt: skip
    _type(
        "recalibrate", card, "--bad-rate", 0.03, "--source", "tests", "--out", moved,
        "--on", "2023-10-01", "--home", folder / "nowhere",
    )  # fmt: skip
    return {
        "draft": without_sentences(yaml.safe_load(draft)),
        **{
            path.name: {
                "files": [each.name for each in _files(path)],
                "manifest": (path / "card.manifest").read_text(encoding="utf-8").splitlines(),
                "fields": {
                    each.name: shape_of(json.loads(each.read_text(encoding="utf-8")))
                    for each in _files(path)
                    if each.suffix == ".json" and each.name != "card.json"
                },
                "validation": table_content(pq.read_table(path / "validation.parquet")),
            }
            for path in (card, moved)
        },
    }


def _type(*words: object) -> str:
    done = CliRunner().invoke(rongzi, [str(each) for each in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _archive(folder: Path) -> dict[str, Any]:
    parts = [path for path in _files(folder) if path.suffix == ".parquet"]
    return {
        path.relative_to(folder).as_posix(): table_content(pq.read_table(path)) for path in parts
    }


def _cells(path: Path) -> Any:
    """Return how many rows a branch file or a file in quarantine has, and a digest of its cells."""
    if path.suffix == ".csv":
        text = _decoded(path.read_bytes())
        return digest([text]) if "quarantine" not in path.parts else csv_content(path, _REASONS)
    book = openpyxl.load_workbook(path)
    found = {}
    for sheet in book:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        kept = [at for at, name in enumerate(rows[0]) if name not in _REASONS] if rows else []
        found[sheet.title] = f"{len(rows)} {digest([[row[at] for at in kept] for row in rows])}"
    return found


def _kept(path: Path, folder: Path) -> Any:
    if path.suffix == ".parquet":
        return table_content(pq.read_table(path))
    if path.suffix == ".csv":
        return csv_content(path, _WORDS)
    return _report(json.loads(path.read_text(encoding="utf-8")), folder)


def _decoded(payload: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return payload.hex()


def _nameless(name: str) -> str:
    return re.sub(r"-[0-9a-f]{8}(?=\.)", "", name)


def _report(report: Any, folder: Path) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, str) and value.startswith(str(folder)):
            return _nameless(Path(value).relative_to(folder).as_posix())
        return value

    return plain(without_sentences(report))


def _edition(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    # Names of folders and digests of files follow from the bytes that libraries write.
    manifest["files"] = sorted(manifest["files"])
    manifest["previous"] = str(manifest["previous"]).rpartition("-")[0]
    del manifest["archive_digest"]
    return {
        "manifest": manifest,
        "whitelist": table_content(pq.read_table(folder / "whitelist.parquet")),
        "profile": table_content(pq.read_table(folder / "profile.parquet")),
        "changes": csv_content(folder / "changes.csv", _WORDS),
        "funnel": csv_content(folder / "funnel.csv"),
        "database": _database(folder / "edition.sqlite"),
    }


def _database(path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(path)) as connection:
        declared = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        rows = {
            name: digest(list(connection.execute(f'SELECT * FROM "{name}" ORDER BY 1')))
            for (name,) in tables.fetchall()
        }
    return {"declared": dict(declared), "rows": rows}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


#: In this order, in one folder.
PARTS = (simulation, imported, published, scored, shadowed, exported, trained)
