"""``rongzi keys``: the keys that sign cards, editions, policies, run summaries; their rotation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.groups import HomeGroup
from cli.options import FILE, home_option

if TYPE_CHECKING:
    from data.publishing.signing import Purpose

_purpose = click.argument("purpose", type=click.Choice(["card", "edition", "policy", "run"]))


@click.group("keys", cls=HomeGroup)
def command() -> None:
    """Manage the keys that sign; run it where they lie, not as the service."""


@command.command("list")
@home_option
def list_(home: Path) -> None:
    """Show every trusted key, and which one signs here."""
    from data.publishing.key_rotation import keys_of
    from data.publishing.signing import PURPOSES, key_place

    for purpose in PURPOSES:
        for key in keys_of(home, purpose):
            state = f"signs, {key_place(home, purpose)}" if key.signs else "trusted"
            used = ", in use" if key.id in _in_use(home, purpose) else ""
            click.echo(f"{purpose:8} {key.id} {state}{used}")


@command.command("rotate")
@_purpose
@home_option
def rotate(purpose: Purpose, home: Path) -> None:
    """Make a new key for PURPOSE and sign with it; the old one stays trusted until retired."""
    from data.publishing.key_rotation import rotate

    old, new = rotate(home, purpose)
    click.echo(f"{purpose}: {new} signs from now on; {old} stays trusted until rongzi keys retire")


@command.command("trust")
@_purpose
@click.argument("public_key", type=FILE)
@home_option
def trust(purpose: Purpose, public_key: Path, home: Path) -> None:
    """Trust PUBLIC_KEY, a PEM file, for PURPOSE beside the keys trusted so far."""
    from data.publishing.signing import trust
    from data.storage.key_files import KeyFile
    from model.errors import CardError

    key = KeyFile(public_key, CardError, "give an Ed25519 public key as PEM").public()
    click.echo(f"{purpose}: trusted in {trust(home, purpose, key)}")


@command.command("retire")
@_purpose
@click.argument("key_id")
@home_option
def retire(purpose: Purpose, key_id: str, home: Path) -> None:
    """Stop trusting KEY_ID for PURPOSE, unless what the service uses is signed by it."""
    from data.publishing.key_rotation import retire

    retire(home, purpose, key_id, _in_use(home, purpose))
    click.echo(f"{purpose}: {key_id} is no longer trusted")


def _in_use(home: Path, purpose: Purpose) -> set[str]:
    """Return the ids of the keys that signed the card or the edition in use."""
    from api.editions.manifest import CURRENT, current_folder, editions_folder
    from api.editions.signature import signed_by
    from data.publishing.published_card import CHAMPION, cards_folder, published_folder
    from model.card.card_file import card_signed_by

    if purpose == "edition" and (editions_folder(home) / CURRENT).exists():
        found = signed_by(current_folder(home))
    elif purpose == "card" and (cards_folder(home) / CHAMPION).exists():
        found = card_signed_by(published_folder(home))
    else:
        found = None
    return {found} if found else set()
