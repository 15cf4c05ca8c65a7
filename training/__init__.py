"""How a card is learned: vintages, fit, validate, track, promote."""

import os

# MLflow reports its use to its makers unless told not to, and reads this when it is imported. What
# a bank trains is nobody else's to know.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
