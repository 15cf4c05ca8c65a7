"""Shadow scoring: compare a challenger with the champion on the archive, without any decision.

Both cards score the same profiles under the same policy on the same day, so that every difference
comes from the card.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785
from numpy.typing import NDArray

from api.scoring.kernel import Basis, score_profile
from api.scoring.table import table_writer
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.profiles import profile_as_of
from model import __version__
from model.card.bins import Floats
from model.card.card_file import read_card
from model.decision.whitelist import TIERS
from model.policy.policy import policy_on

Flags = NDArray[np.bool_]
Ranks = NDArray[np.int64]
#: Sets of tiers whose entries and exits are compared.
SETS = {"FIRST": ("FIRST",), "offered": ("FIRST", "SECOND")}
_PLACES = ("county_code", "township_code", "village_code")
SUMMARY, MOVED, PLACES = "swap_set.json", "moved.csv", "places.csv"


def shadow(archive: Archive, as_of: date, challenger: Path, home: Path, out: Path) -> SwapSet:
    """Score every member with the champion under `home` and with the card in `challenger`; compare.

    Nothing is published. The folder `out` receives the summary as JSON, and as csv the members
    whose tier differs and the counts by place. The challenger needs no signature, because it
    decides nothing.

    Raises
    ------
    CardError
        If no card is published, or one of the two does not verify.
    EditionError
        If there is no member, or a card scores what a profile lacks.
    """
    basis = Basis(as_of, policy_on(as_of), published_card(home))
    challenger_basis = replace(basis, card=read_card(challenger))
    profile = profile_as_of(archive, as_of)
    champion_rows = score_profile(profile, basis).rows
    comparison = swap_set(champion_rows, score_profile(profile, challenger_basis).rows)
    _write(comparison, out)
    return comparison


def shadow_summary(comparison: SwapSet, made_at: datetime) -> tuple[str, dict[str, Any]]:
    """Return the id and the content of a summary: counts by tier and county, no member.

    The same comparison has the same id, so it is told once.
    """
    places = comparison.places
    counties = places.filter(pc.equal(places["level"], "county")).drop_columns(["level"])
    told = {**_counts(comparison), "counties": counties.to_pylist()}
    id_ = hashlib.sha256(rfc8785.dumps(told)).hexdigest()[:32]
    return id_, {**told, "made_at": made_at.isoformat(), "code_version": __version__}


def _write(comparison: SwapSet, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name, rows in ((MOVED, comparison.moved), (PLACES, comparison.places)):
        with table_writer(out / name) as write:
            write(rows)
    text = json.dumps(_counts(comparison), ensure_ascii=False, indent=1) + "\n"
    (out / SUMMARY).write_text(text, encoding="utf-8")


def _counts(comparison: SwapSet) -> dict[str, Any]:
    fields = asdict(replace(comparison, moved=None, places=None))
    return {name: value for name, value in fields.items() if value is not None}


@dataclass(frozen=True)
class Swap:
    """Members of a set by both cards, and the bads that each card expects among them.

    Attributes
    ----------
    members : mapping of str to int
        ``both``, ``enter`` (in the set by the challenger only), ``leave`` (by the champion only).
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
        Challenger's points minus champion's over members that both score: ``mean``, ``deviation``,
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
    """Compare the rows of two editions; both have the same members in the same order."""
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
            name: _swap(np.isin(old, tiers), np.isin(new, tiers), _pd(champion), _pd(challenger))
            for name, tiers in SETS.items()
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
    correlation = _correlation(*(np.unique(v, return_inverse=True)[1] for v in (old, new)))
    p05, p50, p95 = (float(q) for q in np.quantile(gap, [0.05, 0.5, 0.95]))
    return {
        "mean": float(gap.mean()), "deviation": float(gap.std()), "p05": p05, "p50": p50,
        "p95": p95, "stays": float((np.abs(gap) <= 20).mean()), "correlation": correlation,
    }  # fmt: skip


def _correlation(first: Ranks, second: Ranks) -> float:
    """Return the correlation of two columns of ranks, by whole numbers: equal on each machine."""
    number = len(first)

    def covariance(x: Ranks, y: Ranks) -> int:
        return number * int(np.dot(x, y)) - int(x.sum()) * int(y.sum())

    spread = covariance(first, first) * covariance(second, second)
    return covariance(first, second) / math.sqrt(spread) if spread else 1.0


def _moved(champion: pa.Table, challenger: pa.Table, moved: Flags) -> pa.Table:
    old, new = (rows.filter(pa.array(moved)) for rows in (champion, challenger))
    columns = {name: old[name] for name in ("member_id", *_PLACES)}
    for name in ("tier", "points", "pd"):
        columns |= {f"champion_{name}": old[name], f"challenger_{name}": new[name]}
    return pa.table(columns)


def _places(rows: pa.Table, old: NDArray[np.str_], new: NDArray[np.str_]) -> pa.Table:
    counted: dict[str, pa.Array] = {}
    for name, tiers in SETS.items():
        before, after = np.isin(old, tiers), np.isin(new, tiers)
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
