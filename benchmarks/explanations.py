"""Explain members of an archive, hold each sentence against its profile, and do what is advised.

``python -m benchmarks.explanations --archive DIR --card DIR [--as-of 2023-10-01]``. The rules are
those of the suite (`tests.support.explaining`), which reads invented members; here they read drawn
members of the whole archive, each with a random request. Every proposal to a second draw is done in
the raw records of a copy of the archive, which is profiled again; the copies need twice the room of
the tables that change. Exit code 1 if a sentence is false or a proposal does not lift the tier.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
import numpy as np
import pyarrow as pa

from data.storage.archive import Archive
from data.storage.profiles import columns_of, profile_as_of, profile_spine
from model.card.bins import Columns, Ints
from model.card.card_json import card_from_json
from model.decision.decision import Request, decide
from model.decision.whitelist import HOUSEHOLD_BORROWER, TIERS, assess, assess_edition
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis, Improvement, nearest_changes
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from tests.support.explaining.members import one
from tests.support.explaining.raw_records import archive_after
from tests.support.explaining.truth import flaws_of_explanation

_AMOUNTS = (5_000, 20_000, 60_000)
_SHOWN = 20


@dataclass(frozen=True)
class Members:
    """All members of the archive with their profiles and the household's borrower."""

    columns: Columns
    ids: np.ndarray

    @staticmethod
    def of(archive: Archive, basis: Basis) -> Members:
        """Return the members as the edition of the day sees them."""
        table = profile_as_of(archive, basis.as_of)
        ids = np.array(table["member_id"].to_pylist(), dtype=object)
        columns = columns_of(table)
        _, borrower = assess_edition(columns, ids, basis.as_of, basis.policy, basis.card)
        return Members({**columns, HOUSEHOLD_BORROWER: borrower}, ids)

    def take(self, rows: Ints) -> Members:
        """Return the members of these rows."""
        return Members({name: each[rows] for name, each in self.columns.items()}, self.ids[rows])


@click.command()
@click.option("--archive", "folder", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--card", required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--as-of", default="2023-10-01", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--explained", default=2_000, show_default=True, help="Members to explain.")
@click.option("--advised", default=4_000, show_default=True, help="Members to advise.")
@click.option("--seed", default=54, show_default=True)
def command(
    folder: Path, card: Path, as_of: datetime, explained: int, advised: int, seed: int
) -> None:
    """Print what was checked, and every flaw; exit 1 if there is one."""
    day = as_of.date()
    read = card_from_json((card / "card.json").read_bytes())
    basis = Basis(day, policy_on(day), read, member_dictionary())
    archive = Archive(folder)
    members, dice = Members.of(archive, basis), np.random.default_rng(seed)
    flaws = list(_explain(members.take(_drawn(members, explained, dice)), basis, dice))
    flaws += list(_advise(archive, members.take(_drawn(members, advised, dice)), basis))
    for flaw in flaws[:_SHOWN]:
        print(f"  {flaw}")
    print(f"{len(flaws)} flaws")
    sys.exit(bool(flaws))


def _drawn(members: Members, number: int, dice: np.random.Generator) -> Ints:
    return dice.permutation(len(members.ids))[:number]


def _explain(members: Members, basis: Basis, dice: np.random.Generator) -> Iterator[str]:
    """Yield what is false in the explanation of each member's random request."""
    mean = basis.card.base + int(basis.card.references.sum())
    outcomes, sentences = Counter[str](), 0
    for row in range(len(members.ids)):
        member = one(members.columns, row)
        asked = Request(int(dice.choice(_AMOUNTS)), int(dice.integers(2, 27)), "inputs")
        decision = decide(member, asked, basis.as_of, basis.policy, basis.card)
        found = explain(member, decision, asked, basis)
        outcomes[f"{decision.tier} {decision.outcome}"] += 1
        sentences += len(found.counted) + len(found.missing) + len(found.rules)
        for flaw in flaws_of_explanation(found, member, basis.card, basis.dictionary):
            yield f"{members.ids[row]}: {flaw}"
        told = sum(line.points for line in found.counted)
        rest = found.rest.points if found.rest else 0
        if decision.points is not None and told + rest != decision.points - mean:
            yield f"{members.ids[row]}: the lines add up to {told + rest}"
    print(f"explained {len(members.ids):,} members: {dict(outcomes.most_common())}")
    print(f"  {sentences:,} sentences on attributes, missing records and rules, in two languages")


def _advise(archive: Archive, members: Members, basis: Basis) -> Iterator[str]:
    """Yield each proposal that does not lift the tier once it is done in the raw records."""
    proposed = {
        row: found.improvements
        for row in range(len(members.ids))
        if (found := nearest_changes(one(members.columns, row), basis)).improvements
    }
    kinds, done = Counter[str](), 0
    for turn in range(max(map(len, proposed.values()), default=0)):
        now = {row: each[turn] for row, each in proposed.items() if turn < len(each)}
        deeds = _deeds(now, members)
        kinds.update({name: len(doers) for name, doers in deeds.items()})
        with tempfile.TemporaryDirectory() as copy:
            changed = archive_after(archive, deeds, basis.as_of, Path(copy) / "archive")
            reached = _tiers(changed, members, basis)
        for row, improvement in now.items():
            done += 1
            if TIERS.index(reached[row]) < TIERS.index(improvement.tier):
                yield (
                    f"{members.ids[row]}: {improvement.tier} promised, {reached[row]} reached by"
                    f" {[(c.attribute, c.value) for c in improvement.changes]}"
                )
    print(f"advised {len(members.ids):,} members: {len(proposed):,} have a proposal, {done:,} done")
    print(f"  deeds: {dict(kinds.most_common())}")


def _deeds(
    improvements: Mapping[int, Improvement], members: Members
) -> dict[str, list[tuple[str, float, float]]]:
    """Return, by the attribute that a deed is named after: member, value after it, value now."""
    found: dict[str, list[tuple[str, float, float]]] = {}
    for row, improvement in improvements.items():
        for deed in improvement.deeds:
            change = deed.changes[0]
            now = float(members.columns[change.attribute][row])
            doer = (str(members.ids[row]), float(change.value), now)
            found.setdefault(change.attribute, []).append(doer)
    return found


def _tiers(archive: Archive, members: Members, basis: Basis) -> Sequence[str]:
    """Return each member's tier by the records of `archive`; the household's place stays."""
    spine = pa.table(
        {
            "member_id": pa.array(members.ids.tolist(), pa.string()),
            "as_of": pa.array([basis.as_of] * len(members.ids), pa.date32()),
        }
    )
    table = profile_spine(archive, spine)
    order = {name: row for row, name in enumerate(table["member_id"].to_pylist())}
    rows = np.array([order[name] for name in members.ids.tolist()])
    columns = {name: each[rows] for name, each in columns_of(table).items()}
    placed = {**columns, HOUSEHOLD_BORROWER: members.columns[HOUSEHOLD_BORROWER]}
    found = assess(placed, basis.as_of, basis.policy, basis.card)
    tiers: list[str] = found.tier.tolist()
    return tiers


if __name__ == "__main__":
    command()
