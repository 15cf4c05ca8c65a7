"""Prometheus metrics of the service.

Labels are route templates, methods, statuses, outcomes, tiers and kinds of problem, never an id.
With several workers each writes its own files in one folder (`api.core.workers.share_metrics`), and
any worker answers for all.
"""

from __future__ import annotations

import os

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from api.core.workers import METRICS_FOLDER

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REQUESTS = Counter(
    "rongzi_requests", "Answers by route template and status.", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "rongzi_request_seconds",
    "Time from the headers of a request to the end of its answer.",
    ["route"],
    buckets=_SECONDS,
)
REQUESTS_IN_PROGRESS = Gauge("rongzi_in_work", "Requests in progress.", multiprocess_mode="livesum")
REFUSALS = Counter("rongzi_refusals", "Problems answered, by kind.", ["kind"])
DECISIONS = Counter("rongzi_decisions", "Decisions answered.", ["outcome", "tier"])
VERSION_SWAPS = Counter(
    "rongzi_swaps",
    "New versions taken into use, or rejected because they cannot be used.",
    ["result"],
)
UNUSABLE_PARTS = Gauge(
    "rongzi_waiting",
    "Published parts that cannot be used; the previous version is in use.",
    multiprocess_mode="livemax",
)
PROFILES_TIMESTAMP = Gauge(
    "rongzi_profiles_timestamp_seconds",
    "Date of the profiles in use, in seconds since 1970; time() minus this is their age.",
    multiprocess_mode="livemin",
)
FAULTS = Counter("rongzi_faults", "Answers with status 500.")
WITNESS_FAILURES = Counter("rongzi_witness_failures", "Checkpoints that a witness did not take.")
QUEUED_COMMANDS = Gauge(
    "rongzi_ledger_queue", "Commands in the queue of the ledger.", multiprocess_mode="livesum"
)
COMMANDS_PER_COMMIT = Histogram(
    "rongzi_ledger_batch_commands",
    "Commands in one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
COMMIT_SECONDS = Histogram(
    "rongzi_ledger_commit_seconds", "Duration of one commit.", buckets=_SECONDS
)
DATABASE_UP = Gauge(
    "rongzi_ledger_up", "1 while the ledger can be written.", multiprocess_mode="livemin"
)
DEAD_WEBHOOKS = Gauge(
    "rongzi_webhook_dead",
    "Webhook endpoints that failed ten times in a row.",
    multiprocess_mode="livemax",
)

MASS_ACCESSES = Counter(
    "rongzi_mass_access_total", "Alarms: an account was shown more persons in an hour than allowed."
)
WEBHOOK_RESTARTS = Counter(
    "rongzi_webhook_restarts_total", "Threads of webhooks that ended and were started again."
)


def render_metrics() -> bytes:
    """Return all metrics in the Prometheus text format, of all workers if they share a folder."""
    if METRICS_FOLDER not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped library
    return generate_latest(registry)
