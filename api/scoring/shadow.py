"""Shadow scoring: a challenger scores the archive beside the champion, and decides nothing.

A challenger beside the champion: who would enter the tiers, who would leave, at what risk.

Both cards score the same profiles under the same policy on the same day, so that every difference
is the card's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from api.scoring.kernel import Basis, score_profile
from api.scoring.table import table_writer
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model.card.bins import Floats
from model.card.card_file import read_card
from model.decision.whitelist import TIERS
from model.policy.policy import policy_on

Flags = NDArray[np.bool_]
#: Sets whose comings and goings are told, by the worst tier they hold.
SETS = {"FIRST": ("FIRST",), "offered": ("FIRST", "SECOND")}
_PLACES = ("county_code", "township_code", "village_code")


@dataclass(frozen=True)
class Swap:
    """Who a set holds, by both cards, and what each card expects of them.

    Attributes
    ----------
    members : mapping of str to int
        ``both``, ``enter`` (only the challenger takes them), ``leave`` (only the champion does).
    expected_bads_champion, expected_bads_challenger : mapping of str to float
        Sum of the members' PDs by each card, under the same names.
    """

    members: Mapping[str, int]
    expected_bads_champion: Mapping[str, float]
    expected_bads_challenger: Mapping[str, float]


@dataclass(frozen=True)
class SwapSet:
    """The comparison of two cards on one day.

    Attributes
    ----------
    tiers : mapping
        Members by the champion's tier, then by the challenger's.
    swaps : mapping of str to Swap
        By set: ``FIRST`` and ``offered`` (FIRST and SECOND).
    points : mapping of str to float
        Challenger's points less champion's over members both score: ``mean``, ``deviation``,
        quantiles ``p05``, ``p50``, ``p95``, the share that ``stays`` within 20 points, and the
        rank ``correlation``.
    moved : pa.Table
        Members whose tier differs, with tiers, points and PDs by both cards.
    places : pa.Table
        By county, township and village: members who enter and leave each set.
    """

    as_of: str
    champion: str
    challenger: str
    policy: str
    scored: int
    tiers: Mapping[str, Mapping[str, int]]
    swaps: Mapping[str, Swap]
    points: Mapping[str, float]
    moved: pa.Table
    places: pa.Table


def swap_set(champion: pa.Table, challenger: pa.Table) -> SwapSet:
    """Compare two editions' rows of the same members, in the same order."""
    old, new = _tier(champion), _tier(challenger)
    first = {name: champion[name][0].as_py() for name in ("as_of", "policy_digest", "card_digest")}
    return SwapSet(
        as_of=first["as_of"].isoformat(),
        champion=first["card_digest"],
        challenger=challenger["card_digest"][0].as_py(),
        policy=first["policy_digest"],
        scored=champion.num_rows - champion["points"].null_count,
        tiers={
            before: {after: int(((old == before) & (new == after)).sum()) for after in TIERS}
            for before in TIERS
        },
        swaps={
            name: _swap(np.isin(old, held), np.isin(new, held), _pd(champion), _pd(challenger))
            for name, held in SETS.items()
        },
        points=_points(champion, challenger),
        moved=_moved(champion, challenger, old != new),
        places=_places(champion, old, new),
    )


def _tier(rows: pa.Table) -> NDArray[np.str_]:
    return np.asarray(rows["tier"].to_numpy(zero_copy_only=False), dtype=np.str_)


def _pd(rows: pa.Table) -> Floats:
    return np.asarray(pc.fill_null(rows["pd"], 0.0).to_numpy(zero_copy_only=False))


def _swap(before: Flags, after: Flags, old_pd: Floats, new_pd: Floats) -> Swap:
    parts = {"both": before & after, "enter": after & ~before, "leave": before & ~after}
    return Swap(
        {name: int(part.sum()) for name, part in parts.items()},
        {name: float(old_pd[part].sum()) for name, part in parts.items()},
        {name: float(new_pd[part].sum()) for name, part in parts.items()},
    )


def _points(champion: pa.Table, challenger: pa.Table) -> Mapping[str, float]:
    both = pc.and_(pc.is_valid(champion["points"]), pc.is_valid(challenger["points"]))
    old, new = (rows.filter(both)["points"].to_numpy() for rows in (champion, challenger))
    if not len(old):
        return {}
    gap = new - old
    ranks = [np.unique(values, return_inverse=True)[1] for values in (old, new)]
    alike = float(np.asarray(np.corrcoef(ranks))[0, 1]) if min(map(np.ptp, ranks)) else 1.0
    p05, p50, p95 = (float(q) for q in np.quantile(gap, [0.05, 0.5, 0.95]))
    return {
        "mean": float(gap.mean()), "deviation": float(gap.std()), "p05": p05, "p50": p50,
        "p95": p95, "stays": float((np.abs(gap) <= 20).mean()), "correlation": alike,
    }  # fmt: skip


def _moved(champion: pa.Table, challenger: pa.Table, moved: Flags) -> pa.Table:
    old, new = (rows.filter(pa.array(moved)) for rows in (champion, challenger))
    columns = {name: old[name] for name in ("member_id", *_PLACES)}
    for name in ("tier", "points", "pd"):
        columns |= {f"champion_{name}": old[name], f"challenger_{name}": new[name]}
    return pa.table(columns)


def _places(rows: pa.Table, old: NDArray[np.str_], new: NDArray[np.str_]) -> pa.Table:
    counted: dict[str, pa.Array] = {}
    for name, held in SETS.items():
        before, after = np.isin(old, held), np.isin(new, held)
        parts = {"champion": before, "enter": after & ~before, "leave": before & ~after}
        counted |= {f"{name.lower()}_{part}": pa.array(v.astype(int)) for part, v in parts.items()}
    parts_of = []
    for level in _PLACES:
        table = pa.table({"place": rows[level], **counted})
        sums = table.group_by("place").aggregate([(name, "sum") for name in counted])
        named = sums.rename_columns([n.removesuffix("_sum") for n in sums.column_names])
        kind = pa.array([level.removesuffix("_code")] * named.num_rows, pa.string())
        parts_of.append(named.sort_by("place").add_column(0, "level", kind))
    return pa.concat_tables(parts_of).select(["level", "place", *counted])


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
