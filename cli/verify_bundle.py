"""``rongzi verify-bundle``: check an auditor's evidence offline, with public keys alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import EXISTING_FOLDER, home_option
from model.errors import RongziError

if TYPE_CHECKING:
    from api.evidence.verify import Verified

#: Exit codes: the bundle has findings; it could not be verified.
UNSOUND, UNVERIFIED = 1, 2
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("verify-bundle")
@click.argument("file", metavar="FILE.zip", type=_FILE)
@click.option(
    "--public-key", type=_FILE, help="The ledger's ledger.pub; without it, that of the home."
)
@click.option(
    "--trusted", type=EXISTING_FOLDER,
    help="Folder of the cards' public keys (*.pem); without it, that of the home, if there is one.",
)  # fmt: skip
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    file: Path, public_key: Path | None, trusted: Path | None, home: Path, as_json: bool
) -> None:
    """Check signature, parts, seals and access log of a bundle, and decide its case again.

    Needs no service, no ledger and no secret. Exit code 0: sound. 1: something is wrong; each
    finding names its part. 2: the file is no bundle, or there is no key to check it with.
    """
    from api.evidence.verify import verify_bundle
    from api.ledger.keys import SEAL_PUBLIC
    from api.ledger.keys import public_key as read_public_key
    from data.publishing.signing import keys_folder, trusted_keys, trusted_keys_in

    keys = keys_folder(home)
    try:
        key = read_public_key(public_key or keys / SEAL_PUBLIC)
        has_own = trusted is None and (keys / "trusted").is_dir()
        of_cards = trusted_keys_in(trusted) if trusted else trusted_keys(home) if has_own else None
        found = verify_bundle(file.read_bytes(), key, of_cards)
    except RongziError as error:
        click.echo(f"rongzi: {error}", err=True)
        sys.exit(UNVERIFIED)
    if as_json:
        payload = {"sound": found.is_sound, **asdict(found)}
        click.echo(json.dumps(payload, ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_lines(found)))
    sys.exit(0 if found.is_sound else UNSOUND)


def _lines(found: Verified) -> Iterator[str]:
    for note in found.notes:
        yield f"note: {note}"
    for part, what in found.findings:
        yield f"WRONG [{part}] {what}"
    case = f"decision {found.decision_id}, made {found.made_at}"
    if found.is_sound:
        yield f"无误 sound: {case}"
    else:
        yield f"有误 NOT SOUND: {case}, findings: {len(found.findings)}. Do not rely on this file"
