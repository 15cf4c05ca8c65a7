"""``rongzi replay DECISION_ID``: make a decision again and compare it field by field."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.options import ledger_location, ledger_options

if TYPE_CHECKING:
    from api.decisions.replay import Replay
    from api.ledger.entries import Kind

#: Exit code: the person was erased.
ERASED = 3
_ERASED: tuple[Kind, ...] = ("ERASED",)


@click.command("replay")
@click.argument("decision_id")
@ledger_options
@click.option("--json", "as_json", is_flag=True, help="Print both decisions in full as JSON.")
def command(decision_id: str, home: Path, checkpoints: Path | None, as_json: bool) -> None:
    """Decide again from the stored profile, policy and card, and compare with the first answer.

    Exit code 0: every field is equal. 1: a field differs, or the decision cannot be replayed. 3:
    the person was erased, and the profile with the person's key.
    """
    from api.decisions.profiles import ProfileErasedError
    from api.decisions.replay import replay
    from api.ledger.store import open_view

    with open_view(ledger_location(home, checkpoints)) as view:
        try:
            result = replay(view, decision_id)
        except ProfileErasedError as erased:
            payload = {"decision_id": decision_id, "erased": True, "message": str(erased)}
            click.echo(json.dumps(payload, indent=1) if as_json else str(erased))
            sys.exit(ERASED)
        erasures = view.entries_of_subject(result.entry.subject_id, _ERASED)
    notes = [
        f"identity: erased on request, entry {e.seq}, {e.recorded_at:%F %T} UTC" for e in erasures
    ]
    click.echo(_as_json(result) if as_json else "\n".join([*notes, *_lines(result)]))
    sys.exit(1 if result.differences else 0)


def _lines(result: Replay) -> Iterator[str]:
    entry, body = result.entry, result.entry.body
    yield f"decision {entry.decision_id}, entry {entry.seq}, recorded {entry.recorded_at:%F %T} UTC"
    yield f"profile as of {body['as_of']}, edition {body['edition_digest'][:16]}"
    yield f"policy {body['policy_digest'][:16]}, card {body['card_digest'][:16]}, from the ledger"
    for name in dict.fromkeys((*result.answered, *result.recomputed)):
        then, now = result.answered.get(name), result.recomputed.get(name)
        sign = "≠" if name in result.differences else "="
        yield f"  {sign} {name:15} {_short(then)}{f'  now {_short(now)}' if sign == '≠' else ''}"
    if result.differences:
        yield f"DIFFERS in {', '.join(result.differences)}; run rongzi verify-ledger"
    else:
        yield "equal, field by field"


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(each["code"] for each in value) or "none"
    return json.dumps(value, ensure_ascii=False)


def _as_json(result: Replay) -> str:
    payload = {
        "decision_id": result.entry.decision_id,
        "seq": result.entry.seq,
        "equal": not result.differences,
        "differences": result.differences,
        "answered": result.answered,
        "recomputed": result.recomputed,
    }
    return json.dumps(payload, ensure_ascii=False, indent=1)
