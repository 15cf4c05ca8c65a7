"""Swaps of the published edition under load; each must be used before the next one."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, select

from api.editions.manifest import (
    CURRENT,
    MANIFEST,
    current_folder,
    folder_name,
    manifest_bytes,
    read_manifest,
)
from api.editions.signature import SIGNATURE, signature_lines
from api.ledger.database import database_url, open_engine
from api.ledger.tables import entries
from data.publishing.published_card import cards_folder, publish_card, published_card
from data.publishing.signing import signing_key
from model.card.card_file import write_card
from model.policy.policy import policy_on
from tests.support.faults.scene import Scene, loading_repeatedly
from tests.support.service.running import wait_until

#: Day of the edition, digest of its policy, digest of its card.
Version = tuple[str, str, str]

#: Decisions under a version before the next one is published.
_DECISIONS_EACH = 300
_SECONDS_OF_A_LOAD = 3.0
_CONNECTIONS = 8


def swaps(scene: Scene, times: int) -> tuple[bool, str]:
    """Swap card, policy and edition under load; count failures and mixed versions."""
    folders = [current_folder(scene.home), another_edition(scene.home)]
    known = {_version(folder): folder for folder in folders}
    with scene.serving() as running, _version_counter(scene) as versions:
        plans = (
            scene.plan(running, _SECONDS_OF_A_LOAD, turn=turn, connections=_CONNECTIONS)
            for turn in count()
        )
        with loading_repeatedly(plans) as found:
            versions.wait_for(_version(folders[0]))
            swapped = [
                _swap(scene.home, folders[(turn + 1) % 2], versions) for turn in range(times)
            ]
        passed, line = scene.check(running, scene.plan(running, 0), found)
    by_version = list(versions.counted.values())
    clean = set(found["answers"]) == {"200"} and not found["unanswered"]
    # How many more a version gets depends on how soon the next swap is made.
    least = times // len(known) * _DECISIONS_EACH
    fit = versions.counted.keys() == known.keys() and min(by_version) >= least
    # A request keeps its version, so at most the requests in progress come after the first.
    late = max(late for _, late in swapped)
    summary = (
        f"{times} swaps, each used for {_DECISIONS_EACH} decisions or more before the next,"
        f" by version {by_version}, in use within {max(s for s, _ in swapped):.1f} s,"
        f" at most {late} decisions by the previous version after the first by the new: {line}"
    )
    return passed and clean and fit and late <= _CONNECTIONS, summary


class VersionCounter:
    """The versions that decisions were made under, read from the growing ledger."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._seq = engine, 0
        self.counted: Counter[Version] = Counter()

    def read(self) -> list[Version]:
        """Return the versions of the decisions since the last call, in chain order."""
        query = select(entries.c.seq, entries.c.kind, entries.c.body).order_by(entries.c.seq)
        with self._engine.connect() as connection, connection.begin():
            rows = connection.execute(query.where(entries.c.seq > self._seq)).all()
        self._seq = rows[-1].seq if rows else self._seq
        bodies = [json.loads(row.body) for row in rows if row.kind == "DECISION"]
        found = [(b["as_of"], b["policy_digest"], b["card_digest"]) for b in bodies]
        self.counted.update(found)
        return found

    def wait_for(self, wanted: Version) -> tuple[float, int]:
        """Wait for `_DECISIONS_EACH` decisions under `wanted`.

        Returns
        -------
        tuple
            Seconds to the first of them, and number of later decisions by another version.
        """
        started, first, seen = time.monotonic(), 0.0, list[Version]()

        def enough() -> bool:
            nonlocal first
            seen.extend(self.read())
            if wanted in seen and not first:
                first = time.monotonic() - started
            return seen.count(wanted) >= _DECISIONS_EACH

        wait_until(enough, f"used for {_DECISIONS_EACH} decisions")
        later = seen[seen.index(wanted) :]
        return first, len(later) - later.count(wanted)


@contextmanager
def _version_counter(scene: Scene) -> Iterator[VersionCounter]:
    url = scene.environment.get("RONGZI_DATABASE_URL")
    engine = open_engine(database_url(url, scene.home / "ledger" / "ledger.db"), writes=False)
    try:
        yield VersionCounter(engine)
    finally:
        engine.dispose()


def _swap(home: Path, folder: Path, versions: VersionCounter) -> tuple[float, int]:
    """Publish an edition by one atomic replacement, and wait for decisions under it."""
    draft = home / "editions" / "swap.draft"
    draft.write_text(folder.name + "\n", encoding="utf-8")
    versions.read()
    draft.replace(home / "editions" / CURRENT)
    return versions.wait_for(_version(folder))


def another_edition(home: Path) -> Path:
    """Publish the profiles of the current edition again with another card, day and policy."""
    folder = current_folder(home)
    current = read_manifest(folder)
    day = current.day - timedelta(days=70)
    used = published_card(home)
    draft = home / "another-card"
    write_card(draft, replace(used.card, base=used.card.base + 1))
    other = publish_card(home, draft, "Benchmark", datetime.now(tz=UTC)).card
    manifest = replace(
        current,
        as_of=day.isoformat(),
        card_digest=other.digest,
        policy_digest=policy_on(day).digest,
        previous=folder.name,
    )
    payload = manifest_bytes(manifest)
    copied = folder.with_name(folder_name(manifest.as_of, payload))
    shutil.copytree(folder, copied)
    (copied / MANIFEST).write_bytes(payload)
    (copied / SIGNATURE).write_bytes(signature_lines(payload, signing_key(home, "edition")))
    # An edition uses the card it was made with, so the champion stays the first card.
    (cards_folder(home) / "champion").write_text(used.digest[:16] + "\n")
    return copied


def _version(folder: Path) -> Version:
    manifest = read_manifest(folder)
    return manifest.as_of, manifest.policy_digest, manifest.card_digest
