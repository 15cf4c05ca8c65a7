"""Faults of what is published: swapped under load, and damaged while it is in use."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.edition_manifest import (
    CURRENT,
    DATABASE,
    MANIFEST,
    Manifest,
    current_folder,
    folder_name,
    manifest_bytes,
    read_manifest,
)
from benchmarks.fault_scene import Scene, loading
from benchmarks.running_service import Running, questions, wait_until
from data.published import cards_folder, publish_card, published_card, published_folder
from model.card_file import CARD, write_card
from model.card_file import MANIFEST as CARD_MANIFEST
from model.policy import policy_on

Version = tuple[str, str, str]


def swaps(scene: Scene, times: int) -> tuple[bool, str]:
    """Swap card, policy and edition under load; count failures and versions that do not fit."""
    folders = [current_folder(scene.home), another_edition(scene.home)]
    versions = {_version(read_manifest(folder)) for folder in folders}
    with scene.serving() as running:
        plan = scene.plan(running, 1.2 * times)
        with loading(plan) as found:
            time.sleep(1)
            for turn in range(times):
                chosen = folders[(turn + 1) % 2]
                point_at(scene.home, chosen.name)
                wanted = read_manifest(chosen).as_of
                wait_until(lambda wanted=wanted: running.ready()["as_of"] == wanted, "swapped")
        held, told = scene.judged(running, plan, found)
    seen = Counter(_version(json.loads(body)) for _, body in found["kept"])
    clean = set(found["answers"]) == {"200"} and not found["unanswered"] and set(seen) == versions
    return held and clean, f"{times} swaps, decisions by version {list(seen.values())}: {told}"


def flips(scene: Scene, times: int) -> tuple[bool, str]:
    """Flip bits in published files while they are in use; no answer may change."""
    folder, card = current_folder(scene.home), published_folder(scene.home)
    paths = [folder / DATABASE, folder / MANIFEST, card / CARD, card / CARD_MANIFEST]
    member = json.loads(questions(scene.home, 1)[0].replace("%n", ""))["member_id"]
    asked = [f"/v1/members/{member}", "/v1/scorecard", "/v1/policy", "/v1/whitelist?page_size=50"]
    chance, changed, unnoticed = random.Random(54), 0, 0
    with scene.serving() as running:
        before = [running.get(path) for path in asked]
        for turn in range(times):
            path = paths[turn % len(paths)]
            sound = path.read_bytes()
            path.write_bytes(_flipped(sound, chance))
            unnoticed += not running.ready()["waiting"]
            changed += [running.get(each) for each in asked] != before
            changed += not _decides(running, member, turn)
            path.write_bytes(sound)
        mended = running.ready()["waiting"] == []
    held = changed == 0 and unnoticed == 0 and mended
    return held, (
        f"{times} flips: {changed} answers changed, {times - unnoticed} flips named by /ready,"
        f" {'nothing' if mended else 'SOMETHING'} waits after mending"
    )


def another_edition(home: Path) -> Path:
    """Publish beside the edition in use the same profiles under another card, day and policy."""
    folder = current_folder(home)
    made = read_manifest(folder)
    day = made.day - timedelta(days=70)
    used = published_card(home)
    draft = home / "another-card"
    write_card(draft, replace(used.card, base=used.card.base + 1))
    other = publish_card(home, draft, "Benchmark", datetime.now(tz=UTC)).card
    manifest = replace(
        made,
        as_of=day.isoformat(),
        card_digest=other.digest,
        policy_digest=policy_on(day).digest,
        previous=folder.name,
    )
    payload = manifest_bytes(manifest)
    copied = folder.with_name(folder_name(manifest.as_of, payload))
    shutil.copytree(folder, copied)
    (copied / MANIFEST).write_bytes(payload)
    # The card promoted last has no part in this: an edition takes the card it was made with.
    (cards_folder(home) / "champion").write_text(used.digest[:16] + "\n")
    return copied


def point_at(home: Path, name: str) -> None:
    """Put an edition in use as publishing does: by one atomic replacement."""
    draft = home / "editions" / "swap.draft"
    draft.write_text(name + "\n", encoding="utf-8")
    draft.replace(home / "editions" / CURRENT)


def _version(told: Manifest | dict[str, str]) -> Version:
    read = told.get if isinstance(told, dict) else lambda name: getattr(told, name)
    as_of, policy, card = (str(read(n)) for n in ("as_of", "policy_digest", "card_digest"))
    return as_of, policy, card


def _flipped(payload: bytes, chance: random.Random) -> bytes:
    changed = bytearray(payload)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _decides(running: Running, member: str, turn: int) -> bool:
    body = {"member_id": member, "amount_yuan": 5_000 + turn, "months": 12, "purpose": "inputs"}
    return running.post("/v1/decisions", json.dumps(body), f"flip-{turn}")[0] == 200
