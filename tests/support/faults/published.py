"""Faults of published files: bits flipped while the files are in use."""

from __future__ import annotations

import json
import random

from api.editions.manifest import DATABASE, MANIFEST, current_folder
from data.publishing.published_card import published_folder
from model.card.card_file import CARD
from model.card.card_file import MANIFEST as CARD_MANIFEST
from tests.support.faults.scene import Scene
from tests.support.service.running import Running, questions


def flips(scene: Scene, times: int) -> tuple[bool, str]:
    """Flip bits in published files while they are in use; no answer may change."""
    folder, card = current_folder(scene.home), published_folder(scene.home)
    paths = [folder / DATABASE, folder / MANIFEST, card / CARD, card / CARD_MANIFEST]
    member = json.loads(questions(scene.home, 1)[0].replace("%n", ""))["member_id"]
    addresses = [
        f"/v1/members/{member}",
        "/v1/scorecard",
        "/v1/policy",
        "/v1/whitelist?page_size=50",
    ]
    rng, changed, unnoticed = random.Random(54), 0, 0
    with scene.serving() as running:
        before = [running.get(path) for path in addresses]
        for turn in range(times):
            path = paths[turn % len(paths)]
            original = path.read_bytes()
            path.write_bytes(_flip_bit(original, rng))
            unnoticed += not running.ready()["waiting"]
            changed += [running.get(each) for each in addresses] != before
            changed += not _decides(running, member, turn)
            path.write_bytes(original)
        restored = running.ready()["waiting"] == []
    passed = changed == 0 and unnoticed == 0 and restored
    return passed, (
        f"{times} flips: {changed} answers changed, {times - unnoticed} flips named by /ready,"
        f" {'nothing' if restored else 'SOMETHING'} waits after restoring"
    )


def _flip_bit(payload: bytes, rng: random.Random) -> bytes:
    changed = bytearray(payload)
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _decides(running: Running, member: str, turn: int) -> bool:
    body = {"member_id": member, "amount_yuan": 5_000 + turn, "months": 12, "purpose": "inputs"}
    return running.post("/v1/decisions", json.dumps(body), f"flip-{turn}")[0] == 200
