"""Training of a card: samples, fit, validation, tracking, promotion, monitoring."""

import os

# MLflow reports its use to its makers unless this is set before its import. A bank's training is
# confidential.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
