"""Training of a card: samples, fit, validation, tracking, promotion, monitoring."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.analyst.archive import labels, profile, vintages
    from training.analyst.classifier import CardClassifier
    from training.analyst.gates import gate_limits, judge

__all__ = ["CardClassifier", "gate_limits", "judge", "labels", "profile", "vintages"]

# MLflow reports its use to its makers unless this is set before its import. A bank's training is
# confidential.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

#: The Python API, by the module of each name. A name is imported when it is first used, so that the
#: command line, which imports `training.settings`, starts without the learners.
_MODULES = {
    "CardClassifier": "training.analyst.classifier",
    "gate_limits": "training.analyst.gates",
    "judge": "training.analyst.gates",
    "labels": "training.analyst.archive",
    "profile": "training.analyst.archive",
    "vintages": "training.analyst.archive",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
