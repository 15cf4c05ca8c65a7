"""Output of ``rongzi verify-ledger`` on a home and of ``rongzi replay`` on each decision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.main import rongzi
from tests.support.recording.ledger_rows import ledger_bytes
from tests.support.recording.sentences import without_sentences


def verify(home: Path) -> dict[str, Any]:
    """Verify the ledger of `home` and replay each of its decisions."""
    entries = ledger_bytes(home)["rows"]["entries"]
    decisions = [row["decision_id"] for row in entries if row["kind"] == "DECISION"]
    return {
        "ledger": run_json("verify-ledger", "--home", home, "--json"),
        "replays": [run_json("replay", each, "--home", home, "--json") for each in decisions],
    }


def run_json(*words: object) -> Any:
    """Run a ``rongzi`` command and return the JSON that it prints, without sentences."""
    done = CliRunner().invoke(rongzi, [str(each) for each in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return without_sentences(json.loads(done.stdout))
