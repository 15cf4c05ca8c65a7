"""Signed summaries of two trainings, a monitoring and a comparison, as this release writes them.

The members are simulated. Only the public key is kept, so that nobody signs more in its name.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from cli.main import rongzi
from data.publishing.published_card import publish_card
from data.publishing.run_summaries import runs_folder
from data.publishing.signing import trusted_folder
from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from tests.support.recording.recordings import FOLDER

MODEL_RUNS = FOLDER / "model_runs"
_MEMBERS, _MONTHS = 20_000, 60
_TRAINED, _WATCHED = "2023-01-01", "2023-10-01"


def record(folder: Path) -> None:
    """Train two cards, monitor the first, compare it with the second; keep their summaries."""
    home, archive = folder / "home", folder / "archive"
    simulate(load_scenario(), _MEMBERS, _MONTHS, seed=54).write(Archive(archive))
    common = ("--home", home, "--mlruns", folder / "mlruns")
    for family in ("woe", "boosted"):
        _run(
            "train", "--archive", archive, "--as-of", _TRAINED, "--family", family, *common,
            "--out", folder / family, "--trained-by", "li.hua",
        )  # fmt: skip
    publish_card(home, folder / "woe", "Zhao Min", datetime(2023, 1, 9, tzinfo=UTC))
    known = ("--archive", archive, "--as-of", _WATCHED)
    _run("monitor", *known, *common, "--card", folder / "woe", "--out", folder / "monitored")
    _run("shadow", folder / "boosted", *known, "--home", home, "--out", folder / "swap")
    shutil.rmtree(MODEL_RUNS, ignore_errors=True)
    for part in (runs_folder(home), trusted_folder(home, "run")):
        shutil.copytree(part, MODEL_RUNS / part.relative_to(home))


def put_model_runs(home: Path) -> None:
    """Put the recorded summaries into `home`, with the key that is trusted for them."""
    shutil.copytree(MODEL_RUNS, home, dirs_exist_ok=True)


def _run(*line: Any) -> None:
    done = CliRunner().invoke(rongzi, [str(word) for word in line], catch_exceptions=False)
    if done.exit_code:
        raise RuntimeError(f"rongzi {line[0]}: {done.output}")
