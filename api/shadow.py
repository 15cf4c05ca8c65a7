"""Shadow scoring: a challenger scores the archive beside the champion, and decides nothing."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from api.scoring import Basis, score_profile
from api.swap_set import SwapSet, swap_set
from api.table_writer import table_writer
from data.archive import Archive
from data.profiles import profile_as_of
from data.published import published_card
from model.card_file import read_card
from model.policy import policy_on

SUMMARY, MOVED, PLACES = "swap_set.json", "moved.csv", "places.csv"


def shadow(archive: Archive, as_of: date, challenger: Path, home: Path, out: Path) -> SwapSet:
    """Score every member by the champion under `home` and the card in `challenger`; compare.

    Nothing is published. `out` gets the summary as JSON, the members whose tier differs and the
    counts by place as csv. The challenger need not be signed: it decides about nobody.

    Raises
    ------
    CardError
        If no card is published, or one of the two does not verify.
    EditionError
        If there is no member, or a card scores what a profile lacks.
    """
    basis = Basis(as_of, policy_on(as_of), published_card(home))
    beside = replace(basis, card=read_card(challenger))
    profile = profile_as_of(archive, as_of)
    found = swap_set(score_profile(profile, basis).rows, score_profile(profile, beside).rows)
    _write(found, out)
    return found


def _write(found: SwapSet, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in ((MOVED, found.moved), (PLACES, found.places)):
        with table_writer(out / name) as write:
            write(rows)
    stated = asdict(replace(found, moved=None, places=None))
    summary = {name: value for name, value in stated.items() if value is not None}
    text = json.dumps(summary, ensure_ascii=False, indent=1) + "\n"
    (out / SUMMARY).write_text(text, encoding="utf-8")
