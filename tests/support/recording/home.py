"""A small home: sixty simulated members, a card written by hand, and public test keys.

The keys are derived from words in this file, so that signatures are equal in every run and the
repository holds no key. Nothing real was ever sealed with them.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.editions.batch import publish_whitelist
from api.editions.blind_index import SEARCH_KEY
from api.ledger.keys import BLIND, SEAL, SEAL_PUBLIC, VAULT
from data.publishing.published_card import publish_card
from data.simulator import load_scenario, simulate
from data.storage.archive import Archive
from data.storage.key_files import create, private_pem, public_pem
from model.card.card_file import key_id, write_card
from model.card.card_json import card_from_json
from model.card.scorecard import Card
from tests.support.recording.recordings import FOLDER

AS_OF = date(2023, 10, 1)
OLD_HOME = FOLDER / "old_home"
_MEMBERS, _MONTHS, _SEED = 60, 36, 54


def hand_card() -> Card:
    """Return a card over five attributes, written by hand."""
    return card_from_json((FOLDER / "hand_card.json").read_bytes())


def make_home(folder: Path) -> Path:
    """Simulate the members and publish card and edition under `folder`; return the home."""
    home = folder / "home"
    put_keys(home)
    archive = Archive(folder / "archive")
    simulate(load_scenario(), _MEMBERS, _MONTHS, _SEED).write(archive)
    publish_hand_card(home, folder / "card")
    publish_whitelist(archive, AS_OF, home, folder / "rows.parquet")
    return home


def publish_hand_card(home: Path, draft: Path) -> None:
    """Sign the card written by hand and publish it in `home`."""
    write_card(draft, hand_card())
    publish_card(home, draft, "Tester", datetime(2023, 10, 1, tzinfo=UTC))


def old_home(home: Path, *, with_ledger: bool) -> Path:
    """Copy the recorded home to `home` and add its keys."""
    left_out = [] if with_ledger else ["ledger"]
    shutil.copytree(OLD_HOME, home, ignore=shutil.ignore_patterns(*left_out))
    if with_ledger:
        (home / "ledger").chmod(0o700)
        (home / "ledger" / "ledger.db").chmod(0o600)
    put_keys(home)
    return home


def put_keys(home: Path) -> None:
    """Write every key of a home that is not there yet."""
    keys = home / "keys"
    signing, seal = _private("signing"), _private("seal")
    create(keys / "trusted" / f"{key_id(signing.public_key())}.pem", _public(signing), 0o644)
    create(keys / "signing.pem", private_pem(signing))
    create(keys / SEAL, private_pem(seal))
    create(keys / SEAL_PUBLIC, _public(seal), 0o644)
    create(keys / VAULT, _secret("vault"))
    create(keys / BLIND, _secret("blind"))
    create(keys / SEARCH_KEY, _secret("search"))


def _private(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_secret(name))


def _public(key: Ed25519PrivateKey) -> bytes:
    return public_pem(key.public_key())


def _secret(name: str) -> bytes:
    return hashlib.sha256(f"recordings of behaviour: {name}".encode()).digest()
