"""The log holds declared events and fields, and nothing else."""

from __future__ import annotations

import asyncio
import json
import logging
import logging.config
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.core.log import EVENTS, FIELDS, LOGGING, drop_undeclared, log

ID_NUMBER, PHONE, NAME = "999901197001010014", "19900000000", "张三"


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@given(
    st.dictionaries(
        st.text(max_size=20) | st.sampled_from(sorted(FIELDS)),
        st.text(max_size=50) | st.integers() | st.binary(max_size=9) | st.lists(st.text()),
    )
)
@example({"event": []})
def test_only_declared_fields_whose_value_fits_are_logged(
    passed: dict[str, Any],
) -> None:
    logged = drop_undeclared(None, "info", dict(passed))
    assert logged.pop("event") in EVENTS | {"undeclared"}
    assert all(passed[name] == value and FIELDS[name](value) for name, value in logged.items())


@pytest.mark.parametrize("secret", [ID_NUMBER, PHONE, NAME, f"decided on {NAME}"])
def test_an_event_an_unknown_key_or_a_wrong_value_never_carries_a_person(
    secret: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info(f"asked by {secret}", **{secret: 1})
    log.info("request", member_id=secret, body=secret, route=f"/v1/members/{secret}")
    log.info("request", decision_id=secret, method=secret, kind=f"{secret}!", status=200)
    written = capsys.readouterr().err
    assert secret not in written
    assert '"status": 200' in written


def test_a_line_break_in_a_value_makes_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.info("request", request_id='a\n{"event": "request", "status": 200}', why="a\nb")
    (line,) = _lines(capsys)
    assert "request_id" not in line


def test_lines_of_one_turn_of_the_loop_are_written_in_order(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def log_status(status: int) -> None:
        log.info("request", status=status)

    async def turns() -> None:
        await asyncio.gather(*map(log_status, range(200, 208)))

    for _ in range(2):
        asyncio.run(turns())
        assert [line["status"] for line in _lines(capsys)] == list(range(200, 208))


def test_the_text_of_another_librarys_message_and_exception_is_not_logged(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logging.config.dictConfig(LOGGING)
    try:
        raise ValueError(f"INSERT INTO members VALUES ({ID_NUMBER})")
    except ValueError:
        logging.getLogger("sqlalchemy.pool").exception("row of %s broke", NAME)
    (line,) = _lines(capsys)
    assert line["logger"] == "sqlalchemy.pool"
    assert line["error"] == "ValueError"
    assert "test_log.py" in line["at"]
    assert ID_NUMBER not in str(line)
    assert NAME not in str(line)


def test_a_standard_error_that_cannot_be_written_is_ignored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Full:
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stderr", Full())
    log.info("started")
