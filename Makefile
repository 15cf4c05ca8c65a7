# Needs Python 3.11 or newer and make, nothing else: every target does its own set-up.
PYTHON ?= python3
# The locked set of packages; requirements-spark.lock adds Spark (which needs Java 17 or newer).
LOCK ?= requirements.lock
VENV := .venv
BIN := $(VENV)/bin
COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-header --no-annotate --quiet
EXTRAS := --extra train --extra serve --extra postgres --extra pdf --extra dev
STAMP := $(VENV)/.installed-$(notdir $(LOCK))

.DEFAULT_GOAL := help
.PHONY: help demo test check docs serve mlflow-ui install lock assets clean-data

help:
	@echo "make demo       raw branch files to whitelist, model, signed card and service, at full size"
	@echo "make test       every test"
	@echo "make check      ruff, mypy --strict, import contracts"
	@echo "make docs       write the generated pages of docs/reference"
	@echo "make serve      the decision service on http://127.0.0.1:8000"
	@echo "make mlflow-ui  the training runs on http://127.0.0.1:5000"
	@echo "make clean-data forget everything a demo made"

install: $(STAMP)

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; set PYTHON=...") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m cli.demo $(DEMO_ARGS)

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases docs/pages benchmarks
	$(BIN)/lint-imports

# A test fails while a generated page is stale.
docs: $(STAMP)
	$(BIN)/python -m docs.pages

serve: $(STAMP)
	$(BIN)/rongzi serve

mlflow-ui: $(STAMP)
	$(BIN)/python -m training.tracking.store mlruns
	MLFLOW_DISABLE_TELEMETRY=true $(BIN)/mlflow ui --backend-store-uri sqlite:///mlruns/mlflow.db --host 127.0.0.1 --port 5000

# Needs uv. Names no index; hashes pin every file.
lock:
	$(COMPILE) $(EXTRAS) --output-file requirements.lock
	$(COMPILE) --extra serve --constraint requirements.lock --output-file requirements-serve.lock
	$(COMPILE) $(EXTRAS) --extra spark --constraint requirements.lock --output-file requirements-spark.lock

# Needs npm. Fetches the versions that each folder's assets.json names.
assets: $(STAMP)
	$(BIN)/python -m api.console.assets api/console/static tests/support/console/assets

clean-data:
	rm -rf data/simulated data/inbox data/archive data/quarantine data/profiles data/editions data/cards data/keys data/runs data/ledger data/webhooks data/retained data/truth data/dirt.csv data/.made-by-demo reports
	find mlruns -mindepth 1 ! -name .gitkeep -delete
