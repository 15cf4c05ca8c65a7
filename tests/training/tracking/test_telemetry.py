"""Training sends no telemetry."""

from __future__ import annotations

import os
import subprocess
import sys

_ASKED = """
import training.tracking.runs
from mlflow.telemetry.utils import is_telemetry_disabled
print(is_telemetry_disabled())
"""
#: By these MLflow sees that it is tested, and stays silent by itself.
_SILENCING = ("CI", "DO_NOT_TRACK", "MLFLOW_DISABLE_TELEMETRY", "PYTEST_CURRENT_TEST")


def test_mlflow_reports_nothing_to_its_makers() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in _SILENCING}
    command = [sys.executable, "-c", _ASKED]
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert found.stdout.strip() == "True"
