"""The commands of the main line as a user types them, and the content of the files they write.

A command must exit with 0. What it prints is wording and is not recorded.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
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
from tests.support.recording.home import hand_card, publish_hand_card, put_keys
from tests.support.recording.recordings import read_recording, shape_of
from tests.support.recording.sentences import without_sentences
from tests.support.recording.table_content import csv_content, digest, table_content
from tests.support.recording.trained_cards import write_loan_table

_DIALECTS = ("portable", "duckdb", "postgres", "spark")
#: Endings of the names of csv columns that hold sentences.
_SENTENCES = ("_zh", "_en")
_REASONS = ("原因", "Reason")


def simulate_members(folder: Path) -> dict[str, Any]:
    """Simulate 1,200 members over 60 months: every archive table, and the true outcomes."""
    archive, truth = folder / "simulated", folder / "truth.parquet"
    _run(
        "simulate", "--members", 1_200, "--seed", 54, "--out", archive,
        "--truth", truth, "--replications", 1,
    )  # fmt: skip
    return {"archive": _archive(archive), "truth": table_content(pq.read_table(truth))}


def import_branch_files(folder: Path) -> dict[str, Any]:
    """Export a small archive as branch files with errors in them, and import these."""
    inbox, quarantine, report = folder / "inbox", folder / "quarantine", folder / "report.json"
    _run(
        "simulate", "--members", 200, "--months", 12, "--seed", 5, "--out", folder / "small",
        "--export-files", inbox, "--dirt", folder / "dirt.csv",
    )  # fmt: skip
    _run(
        "import", inbox, "--archive", folder / "imported", "--report", report,
        "--quarantine", quarantine, "--recorded-at", "2026-01-01", "--workers", 1,
    )  # fmt: skip
    return {
        "branch files": {path.name: _cells(path) for path in _files(inbox)},
        "dirt": csv_content(folder / "dirt.csv"),
        "report": _report(json.loads(report.read_text(encoding="utf-8")), folder),
        # The name of a file in quarantine ends in a digest of its bytes, and a workbook's bytes
        # contain its date.
        "quarantine": {_without_digest(path.name): _cells(path) for path in _files(quarantine)},
        "archive": _archive(folder / "imported"),
    }


def publish_editions(folder: Path) -> dict[str, Any]:
    """Profile and score the simulated members; publish two editions of the hand-written card."""
    home, archive = folder / "home", folder / "simulated"
    put_keys(home)
    publish_hand_card(home, folder / "card")
    profile = folder / "profile.parquet"
    _run("profile", "--archive", archive, "--as-of", "2023-10-01", "--out", profile)
    found: dict[str, Any] = {"profile": table_content(pq.read_table(profile))}
    for day in ("2023-04-01", "2023-10-01"):
        rows = folder / "rows" / f"{day}.parquet"
        # The second list differs by more than what is published without a person's word.
        _run(
            "whitelist", "--archive", archive, "--as-of", day, "--out", rows, "--home", home,
            "--approved-by", "Recorder", "--because", "the recorded change",
        )  # fmt: skip
        found[f"rows {day}"] = table_content(pq.read_table(rows))
    name = (home / "editions" / "current").read_text(encoding="utf-8").strip()
    found["edition"] = _edition(home / "editions" / name)
    found["signed"] = [
        line
        for path in (*sorted(home.glob("cards/*/card.manifest")), home / "cards/promotions.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return found


def score_table(folder: Path) -> dict[str, Any]:
    """Score the profiles as a flat table, to csv and to Parquet."""
    for ending in ("csv", "parquet"):
        _run(
            "score", "--table", folder / "profile.parquet", "--card", folder / "card",
            "--out", folder / f"scored.{ending}", "--home", folder / "home",
        )  # fmt: skip
    return {
        "csv": csv_content(folder / "scored.csv"),
        "parquet": table_content(pq.read_table(folder / "scored.parquet")),
    }


def compare_cards(folder: Path) -> dict[str, Any]:
    """Score the simulated members by the hand-written card and by a trained one; compare."""
    card = folder / "challenger"
    write_card(
        card, card_from_json(json.dumps(read_recording("cards")["archive_woe"]["card"]).encode())
    )
    _run(
        "shadow", card, "--archive", folder / "simulated", "--as-of", "2023-10-01",
        "--out", folder / "shadow", "--home", folder / "home",
    )  # fmt: skip
    return {path.name: _content(path, folder) for path in _files(folder / "shadow")}


def export_card(folder: Path) -> dict[str, Any]:
    """Write the hand-written card as SQL in each dialect, as JSON, and as a workbook."""
    card = folder / "card to export"
    write_card(card, hand_card())
    found: dict[str, Any] = {}
    for dialect in _DIALECTS:
        out = folder / f"{dialect}.sql"
        _run("export-card", "--format", "sql", "--dialect", dialect, "--card", card, "--out", out)
        # SQL comments are wording.
        found[dialect] = re.sub(r"\s*--.*", "", out.read_text(encoding="utf-8")).splitlines()
    for form in ("json", "xlsx"):
        _run("export-card", "--format", form, "--card", card, "--out", folder / f"card.{form}")
    found["json"] = hashlib.sha256((folder / "card.json").read_bytes()).hexdigest()
    book = openpyxl.load_workbook(folder / "card.xlsx")
    found["xlsx"] = [
        [cell.value for row in sheet.iter_rows() for cell in row if _is_number(cell.value)]
        for sheet in book
    ]
    return found


def train_card(folder: Path) -> dict[str, Any]:
    """Draft a dictionary for a table, train on it, and move the card to a long-run bad rate."""
    table, card, moved = (
        write_loan_table(folder / "loans.csv"),
        folder / "trained",
        folder / "moved",
    )
    target = ("--target", "outcome", "--bad", "bad")
    draft = _run("dictionary", table, *target)
    _run(
        "train", "--table", table, *target, "--family", "woe", "--out", card,
        "--trained-by", "tester", "--home", folder / "nowhere", "--mlruns", folder / "mlruns",
    )  # fmt: skip
    _run(
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


def _run(*words: object) -> str:
    """Run a ``rongzi`` command and return what it prints."""
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
    """Return number of rows and a digest of the cells of a branch file or a quarantined one."""
    if path.suffix == ".csv":
        text = _decoded(path.read_bytes())
        return digest([text]) if "quarantine" not in path.parts else csv_content(path, _REASONS)
    book = openpyxl.load_workbook(path)
    found = {}
    for sheet in book:
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        columns = [at for at, name in enumerate(rows[0]) if name not in _REASONS] if rows else []
        found[sheet.title] = f"{len(rows)} {digest([[row[at] for at in columns] for row in rows])}"
    return found


def _content(path: Path, folder: Path) -> Any:
    if path.suffix == ".parquet":
        return table_content(pq.read_table(path))
    if path.suffix == ".csv":
        return csv_content(path, _SENTENCES)
    return _report(json.loads(path.read_text(encoding="utf-8")), folder)


def _decoded(payload: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return payload.decode(encoding)
        except UnicodeDecodeError:
            continue
    return payload.hex()


def _without_digest(name: str) -> str:
    return re.sub(r"-[0-9a-f]{8}(?=\.)", "", name)


def _report(report: Any, folder: Path) -> Any:
    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(each) for name, each in value.items()}
        if isinstance(value, list):
            return [plain(each) for each in value]
        if isinstance(value, str) and value.startswith(str(folder)):
            return _without_digest(Path(value).relative_to(folder).as_posix())
        return value

    return plain(without_sentences(report))


def _edition(folder: Path) -> dict[str, Any]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    # Folder names and file digests depend on the bytes that libraries write.
    manifest["files"] = sorted(manifest["files"])
    manifest["previous"] = str(manifest["previous"]).rpartition("-")[0]
    del manifest["archive_digest"]
    return {
        "manifest": manifest,
        "whitelist": table_content(pq.read_table(folder / "whitelist.parquet")),
        "profile": table_content(pq.read_table(folder / "profile.parquet")),
        "changes": csv_content(folder / "changes.csv", _SENTENCES),
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


#: Name in the recording → function. They run in this order, in one folder.
PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "simulation": simulate_members,
    "imported": import_branch_files,
    "published": publish_editions,
    "scored": score_table,
    "shadowed": compare_cards,
    "exported": export_card,
    "trained": train_card,
}
