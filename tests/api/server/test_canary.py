"""A canary person passes every interface and is found in no log, metric, error or temporary file.

The id number is of an unassigned region, the phone of no operator, the name of nobody.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

import httpx
import pytest

from tests.support.service.running import Running, serving

ID_NUMBER, PHONE, NAME = "999901197001010014", "19912345678", "诸葛金丝雀"
CANARY = (ID_NUMBER, PHONE, NAME)
HEADER = "会员编号,姓名,身份证号,手机号,村代码,出生日期"
#: Wrong in one column or another, so that a message about the row might quote it.
ROWS = (
    f"M1,{NAME},{ID_NUMBER[:-1]}5,{PHONE},abc,1970-01-01",
    f"{ID_NUMBER},{NAME},{PHONE},{ID_NUMBER},{NAME},{PHONE}",
    f"{NAME},{NAME},{NAME},{NAME},{NAME},{NAME}",
)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """A folder for the temporary files of every process of the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_a_canary_leaves_no_trace_in_the_service(
    published_home: Path, tmp_path: Path, temporary: Path
) -> None:
    home = Path(shutil.copytree(published_home, tmp_path / "home"))
    answers: list[str] = []
    with serving(home, tmp_path / "log", TMPDIR=str(temporary)) as running:
        for canary in CANARY:
            for body in _bodies(canary):
                answers.append(running.post("/v1/decisions", body, _plain(canary))[1])
            quoted = urllib.parse.quote(canary)
            for path in (
                f"/v1/members/{quoted}",
                f"/v1/whitelist?cursor={quoted}",
                f"/v1/whitelist?name={quoted}",
                f"/v1/decisions/{quoted}",
                f"/{quoted}",
            ):
                answers.append(running.get(path, **{"X-Request-Id": _plain(canary)})[1])
            answers += _lent_to(running, canary)
            answers += _signed_in_as(running.url, canary)
        metrics = running.get("/metrics")[1]
        left = _texts(temporary)
    _refuse_canary("\n".join([*answers, metrics, running.log.read_text(), *left]))
    _refuse_canary("\n".join(_texts(home / "ledger")))
    _refuse_canary("\n".join(_texts(temporary)))


def test_a_canary_leaves_no_trace_in_an_import_but_in_the_quarantine(
    tmp_path: Path, temporary: Path
) -> None:
    file = tmp_path / "members.csv"
    file.write_text("\n".join([HEADER, *ROWS]), encoding="gb18030")
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "cli.main", "import", str(file)]
    options = ["--archive", str(tmp_path / "store" / "archive"), "--report", str(report)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run([*command, *options], capture_output=True, env=environment, check=False)
    assert report.exists(), done.stderr.decode()
    assert json.loads(report.read_text(encoding="utf-8"))["totals"]["accepted"] == 0
    written = (done.stdout + done.stderr).decode() + report.read_text(encoding="utf-8")
    _refuse_canary("\n".join([written, *_texts(temporary)]))


def _bodies(canary: str) -> list[str]:
    sound = {"member_id": "M1", "amount_yuan": 5_000, "months": 12, "purpose": "inputs"}
    return [
        json.dumps(sound | {"member_id": canary}, ensure_ascii=False),
        json.dumps(sound | {"purpose": canary}),
        json.dumps(sound | {canary: canary}),
        json.dumps(sound | {"amount_yuan": canary}),
        f'{{"member_id": "{canary}", "member_id": "{canary}"}}',
        f'{{"member_id": "{canary}", "amount_yuan": NaN}}',
        f'"{canary}',
    ]


def _lent_to(running: Running, canary: str) -> list[str]:
    """Return the answers of every write that follows a decision, the canary in each part of it."""
    decision, quoted = "0" * 36, urllib.parse.quote(canary)
    ruling = {"verdict": "APPROVE", "amount_yuan": 1, "reason_code": "X", "note": f"见{canary}本人"}
    asked = {
        f"/v1/decisions/{decision}/review-requests": {"statement": canary},
        f"/v1/decisions/{decision}/overrides": ruling,
        f"/v1/reviews/{decision}/verdict": ruling,
        f"/v1/decisions/{quoted}/disbursements": {"amount_yuan": canary},
        f"/v1/members/{quoted}/consents": {"evidence": canary},
        f"/v1/members/{quoted}/erasure": {},
    }
    answers = [running.post(path, json.dumps(body), "key")[1] for path, body in asked.items()]
    queries = (f"/v1/accesses?member_id={quoted}", f"/v1/accesses?actor={quoted}",
               f"/v1/reviews?cursor={quoted}", f"/v1/portfolio?county={quoted}")  # fmt: skip
    return [*answers, *(running.get(query)[1] for query in queries)]


def _signed_in_as(url: str, canary: str) -> list[str]:
    """Return the answers to a person's name or number in the fields of name and password."""
    forms = (
        {"grant_type": "password", "username": canary, "password": canary},
        {"grant_type": canary, "username": "officer-1", canary: canary},
    )
    return [httpx.post(f"{url}/v1/token", data=form, trust_env=False).text for form in forms]


def _plain(canary: str) -> str:
    return canary if canary.isascii() else "key"


def _texts(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(files), *(path.read_bytes().decode("utf-8", "replace") for path in files)]


def _refuse_canary(text: str) -> None:
    for canary in CANARY:
        assert canary not in text
        assert json.dumps(canary)[1:-1] not in text
        assert urllib.parse.quote(canary) not in text
