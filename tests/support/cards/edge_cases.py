"""A card and rows with every value that a database could read differently from the kernel."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from model.card.bins import Bins, Term
from model.card.derived import Derived
from model.card.reason_table import AttributeText
from model.card.scorecard import Card, Grade, Scaling
from model.profile.dictionary import Text

ROWS = 10_000
#: Spellings that careless quoting would break in some database.
ODD = ("it's", "back\\slash", "${user}", "line\nbreak", '"quoted"', "%s", "小麦", "ｗide", " ")
WORDS = ("wheat", "maize", *ODD)
NAN, INF = float("nan"), float("inf")
LARGEST = float(np.finfo(np.float64).max)


def wording(name):
    label = Text(f"{name}\n'; DROP TABLE x; --", f"{name} ${{label}}")
    return AttributeText(label, label, label, actionable=False)


def table_of(rng, *shape):
    return rng.integers(-70, 70, size=shape).astype(np.int64)


def hard_card():
    """Return a card of numbers with and without range, texts, pairs, a ratio and a difference."""
    rng = np.random.default_rng(8)
    bins = {
        "income": Bins("income", (0.1, 0.30000000000000004, 1e-7 + 1, 12_345.678), (), 0.0, 1e6),
        "change": Bins("change", (-1e300, -5e-324, 0.0, 1e16, 1.7e308)),
        "rate": Bins("rate", (), (), -1.0, 1.0),
        "crop": Bins("crop", (), (WORDS[:3], WORDS[3:6], WORDS[6:10])),
        "class": Bins("class", (), (("only",),)),
    }
    bins["per_rate"] = Bins("per_rate", (-1e12, -0.0, 0.1, 7.0))
    bins["gap"] = Bins("gap", (-12_345.678, 0.1, 1e99))
    derived = {
        "per_rate": Derived("per_rate", "ratio", "change", "rate"),
        "gap": Derived("gap", "difference", "income", "change"),
    }
    owners = [(name,) for name in bins if name != "rate"]
    owners += [
        ("income", "change"),
        ("crop", "income"),
        ("class", "crop"),
        ("rate", "crop"),
        ("gap", "income"),
    ]
    terms = tuple(
        Term(owner, table_of(rng, *(bins[name].size for name in owner)), 3) for owner in owners
    )
    totals = np.arange(-300, 400, 3, dtype=np.int64)
    return Card(
        name="hard\n-- card", base=41, bins=bins, terms=terms,
        wording={name: wording(name) for name in bins},
        pd_points=totals, pd_values=1 / (1 + np.exp(totals / 40)),
        grades=(Grade("A", 0.1), Grade("B'", 0.4), Grade("C", 1.0)),
        scaling=Scaling(), provenance={}, derived=derived,
    )  # fmt: skip


def numbers_near(bins, rng, rows):
    """Return values anywhere, exactly at edges and limits, one step beside them, and missing."""
    exact = np.array([*bins.edges, bins.minimum or 0.0, bins.maximum or 1.0, LARGEST, -LARGEST])
    with np.errstate(all="ignore"):
        beside = np.concatenate([np.nextafter(exact, -INF), np.nextafter(exact, INF)])
    odd = np.concatenate([exact, beside, [NAN, INF, -INF, 0.0, -0.0]])
    spread = np.sinh(rng.normal(size=rows) * rng.choice([1, 5, 100], rows))
    return np.where(rng.random(rows) < 0.6, rng.choice(odd, rows), spread)


def words_near(bins, rng, rows):
    known = [word for group in bins.levels for word in group]
    return rng.choice(
        np.array([*known, None, "unknown", "WHEAT", "", "maize "], dtype=object), rows
    )


def random_rows(card, rows=ROWS, seed=3):
    """Return columns as the kernel takes them, and as a table where half of the NaN are NULL."""
    rng = np.random.default_rng(seed)
    bins = {name: card.bins[name] for name in card.inputs}
    columns = {
        name: (words_near if own.levels else numbers_near)(own, rng, rows)
        for name, own in bins.items()
    }
    nulls = {
        name: np.array(
            [None if v != v and i % 2 else v for i, v in enumerate(values.tolist())], dtype=object
        )
        for name, values in columns.items()
    }
    table = {"row_number": pa.array(range(rows), pa.int64())}
    for name, own in bins.items():
        kind = pa.string() if own.levels else pa.float64()
        table[name] = pa.array(nulls[name].tolist(), kind, from_pandas=False)
    return columns, pa.table(table)
