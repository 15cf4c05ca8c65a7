"""``rongzi replay DECISION_ID``: a decision made again and compared, field by field."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger_options import located, location

if TYPE_CHECKING:
    from api.decisions.replay import Replay
    from api.ledger.entries import Kind

_ERASED: tuple[Kind, ...] = ("ERASED",)


@click.command("replay")
@click.argument("decision_id")
@located
@click.option("--json", "as_json", is_flag=True, help="Print both answers in full as JSON.")
def command(decision_id: str, home: Path, checkpoints: Path | None, as_json: bool) -> None:
    """Decide again from the stored profile, policy and card, and compare with the answer given.

    Exit code 0: every field is equal. 1: one differs, or the decision cannot be replayed.
    """
    from api.decisions.replay import replay
    from api.ledger.store import open_view

    with open_view(location(home, checkpoints)) as view:
        found = replay(view, decision_id)
        erased = view.entries_of_subject(found.entry.subject_id, _ERASED)
    gone = [
        f"identity: erased on request, entry {e.seq}, {e.recorded_at:%F %T} UTC" for e in erased
    ]
    click.echo(_as_json(found) if as_json else "\n".join([*gone, *_lines(found)]))
    sys.exit(1 if found.differences else 0)


def _lines(found: Replay) -> Iterator[str]:
    entry, body = found.entry, found.entry.body
    yield f"decision {entry.decision_id}, entry {entry.seq}, recorded {entry.recorded_at:%F %T} UTC"
    yield f"profile as of {body['as_of']}, edition {body['edition_digest'][:16]}"
    yield f"policy {body['policy_digest'][:16]}, card {body['card_digest'][:16]}, from the ledger"
    for name in dict.fromkeys((*found.answered, *found.recomputed)):
        then, now = found.answered.get(name), found.recomputed.get(name)
        sign = "≠" if name in found.differences else "="
        yield f"  {sign} {name:15} {_short(then)}{f'  now {_short(now)}' if sign == '≠' else ''}"
    if found.differences:
        yield f"DIFFERS in {', '.join(found.differences)}; run rongzi verify-ledger"
    else:
        yield "equal, field by field"


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(each["code"] for each in value) or "none"
    return json.dumps(value, ensure_ascii=False)


def _as_json(found: Replay) -> str:
    told = {
        "decision_id": found.entry.decision_id,
        "seq": found.entry.seq,
        "equal": not found.differences,
        "differences": found.differences,
        "answered": found.answered,
        "recomputed": found.recomputed,
    }
    return json.dumps(told, ensure_ascii=False, indent=1)
