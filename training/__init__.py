"""Training of a card: samples, fit, validation, tracking, promotion, monitoring."""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.analyst.classifier import CardClassifier

__all__ = ["CardClassifier"]

# MLflow reports its use to its makers unless this is set before its import. A bank's training is
# confidential.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

#: The Python API, by the module of each name. A name is imported when it is first used, so that the
#: command line, which imports `training.settings`, starts without the learners.
_MODULES = {"CardClassifier": "training.analyst.classifier"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)
