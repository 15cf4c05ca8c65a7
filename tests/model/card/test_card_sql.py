"""The card as SQL: the same bins, points, PD and grade as the kernel's, in three databases."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.card.bins import Bins, Term
from model.card.card_file import CardFile
from model.card.card_sql import card_sql
from model.card.derived import KINDS, Derived
from model.card.scorecard import Card, Grade, Scaling
from model.errors import GivenError
from tests.support.cards.edge_cases import hard_card, random_rows, table_of, wording


def by_kernel(card, columns):
    """Every number a row gets, one tuple a row: bins, points by attribute, points, PD, grade."""
    codes = card.codes(columns)
    by_attribute = card.points_by_attribute(codes)
    totals = card.total(by_attribute)
    bins = np.stack([codes[name] for name in card.attributes], axis=1)
    return [
        (*b, *p, t, pd, g)
        for b, p, t, pd, g in zip(
            bins.tolist(), by_attribute.tolist(), totals.tolist(), card.pd(totals).tolist(),
            card.grade(totals).tolist(), strict=True,
        )
    ]  # fmt: skip


def signed(card):
    return CardFile(card, "0" * 64, "李审批", "2023-10-01T00:00:00+00:00")


def wanted(card, names=None):
    """The columns of `by_kernel`, in its order."""
    names = names or card.attributes
    return [*(f"bin_{n}" for n in names), *(f"points_{n}" for n in names), "points", "pd", "grade"]


def in_duckdb(card, table, **options):
    with duckdb.connect() as connection:
        connection.register("applicants", table)
        found = connection.sql(card_sql(signed(card), **options)).to_arrow_table()
    return ordered(found.sort_by("row_number"), card)


def ordered(found, card):
    return list(zip(*(found[name].to_pylist() for name in wanted(card)), strict=True))


def test_duckdb_gives_every_row_the_kernels_points():
    card = hard_card()
    columns, table = random_rows(card)
    assert in_duckdb(card, table) == by_kernel(card, columns)


def test_postgresql_gives_every_row_the_kernels_points(postgres):
    import psycopg

    card = hard_card()
    columns, table = random_rows(card)
    kinds = {n: "text" if card.bins[n].levels else "double precision" for n in card.inputs}
    declared = ", ".join(f'"{name}" {kind}' for name, kind in kinds.items())
    with psycopg.connect(postgres.new_database()) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE applicants (row_number bigint, {declared})")
        with cursor.copy("COPY applicants FROM STDIN") as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)
        cursor.execute(
            f"SELECT {', '.join(wanted(card))} FROM ({card_sql(signed(card))}) AS scored"
            " ORDER BY row_number"
        )
        found = [tuple(float(v) if i == len(row) - 2 else v for i, v in enumerate(row))
                 for row in cursor]  # fmt: skip
    assert found == by_kernel(card, columns)


@pytest.mark.spark
def test_spark_gives_every_row_the_kernels_points(spark_installed, tmp_path):
    import pyarrow.parquet as pq

    from data.storage.spark import spark_session

    card = hard_card()
    columns, table = random_rows(card)
    pq.write_table(table, tmp_path / "applicants.parquet")
    session = spark_session()
    rows = session.read.parquet(str(tmp_path / "applicants.parquet"))
    rows.createOrReplaceTempView("applicants")
    found = session.sql(card_sql(signed(card))).orderBy("row_number").toArrow()
    assert ordered(found, card) == by_kernel(card, columns)


@st.composite
def random_cards(draw):
    """A card of up to three attributes, numbers and text, with a pair if there are two."""
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    edges = st.lists(st.floats(-1e9, 1e9), max_size=4, unique=True).map(sorted)
    groups = st.lists(st.text("ab'\\$ 麦", max_size=3), max_size=4, unique=True)
    bins = {}
    for name in ("size", "order", "crop")[: draw(st.integers(1, 3))]:
        words = draw(groups) if name == "crop" else []
        low, high = sorted(draw(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))))
        bounded = not words and draw(st.booleans())
        bins[name] = Bins(
            name, () if words else tuple(draw(edges)), tuple((word,) for word in words),
            low if bounded else None, high if bounded else None,
        )  # fmt: skip
    owners = [(name,) for name in bins] + [pair for pair in [tuple(bins)[:2]] if len(pair) == 2]
    derived = {}
    if "order" in bins and draw(st.booleans()):
        kind = draw(st.sampled_from(KINDS))
        derived["computed"] = Derived("computed", kind, *draw(st.permutations(["size", "order"])))
        bins["computed"] = Bins("computed", tuple(draw(edges)))
        owners.append(("computed",))
    totals = np.unique(dice.integers(-200, 200, draw(st.integers(1, 9))))
    return Card(
        name="drawn", base=int(dice.integers(-50, 50)), bins=bins,
        terms=tuple(Term(o, table_of(dice, *(bins[n].size for n in o)), 0) for o in owners),
        wording={name: wording(name) for name in bins},
        pd_points=totals, pd_values=np.sort(dice.random(len(totals)))[::-1],
        grades=(Grade("A", 0.2), Grade("B", 0.2), Grade("C", 0.9), Grade("D", 1.0)),
        scaling=Scaling(), provenance={}, derived=derived,
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(random_cards(), st.integers(0, 99))
def test_any_card_is_the_same_in_sql(card, seed):
    columns, table = random_rows(card, 40, seed)
    assert in_duckdb(card, table) == by_kernel(card, columns)


def test_integers_and_decimals_are_compared_exactly(postgres):
    """A column need not be a double: whole numbers and decimals have bins too, and no NaN.

    What is derived of them is divided as doubles, 1 by 0.3 here, not as whole numbers or decimals.
    """
    import psycopg

    card = hard_card()
    query = card_sql(signed(card))
    values = "SELECT 3 AS income, 1 AS change, 0.3 AS rate, 'wheat' AS crop, 'only' AS class"
    with psycopg.connect(postgres.new_database()) as connection:
        row = connection.execute(f"WITH applicants AS ({values}) SELECT * FROM ({query}) AS s")
        found = dict(zip([c.name for c in row.description], row.fetchone(), strict=True))
    columns = {
        "income": [3.0],
        "change": [1.0],
        "rate": [0.3],
        "crop": ["wheat"],
        "class": ["only"],
    }
    codes = card.codes({name: np.array(value) for name, value in columns.items()})
    assert found["points"] == card.total(card.points_by_attribute(codes))[0]
    assert found["value_per_rate"] == 1.0 / 0.3


def renamed(card, names):
    """`card` with its attributes called otherwise."""
    new = dict(zip([*card.inputs, *card.derived], names, strict=True))
    return Card(
        card.name, card.base, {new[n]: b for n, b in card.bins.items()},
        tuple(Term(tuple(new[n] for n in t.attributes), t.points, t.reference)
              for t in card.terms),
        {new[n]: w for n, w in card.wording.items()}, card.pd_points, card.pd_values,
        card.grades, card.scaling, card.provenance,
        {new[d.name]: Derived(new[d.name], d.kind, new[d.first], new[d.second])
         for d in card.derived.values()},
    )  # fmt: skip


LONG = "一个很长很长很长很长很长很长很长的指标名"
NAMES = ("年收入", 'the "change"', "rate`s", f"{LONG}甲", f"{LONG}乙", f"{LONG}丙", "差额")


def test_names_that_need_quotes_are_refused_with_the_remedy():
    with pytest.raises(GivenError, match='年收入, the "change"'):
        card_sql(signed(renamed(hard_card(), NAMES)))


def test_quoted_names_score_in_duckdb_and_postgresql(postgres):
    import psycopg

    card = renamed(hard_card(), NAMES)
    columns, table = random_rows(card, 300)
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in card.inputs}
    with duckdb.connect() as connection:
        connection.register("applicants", table)
        found = connection.sql(card_sql(signed(card), dialect="duckdb")).to_arrow_table()
    expected = [row[-3] for row in by_kernel(card, columns)]
    assert found.sort_by("row_number")["points"].to_pylist() == expected
    kinds = ", ".join(
        f"{quoted[n]} {'text' if card.bins[n].levels else 'double precision'}" for n in quoted
    )
    with psycopg.connect(postgres.new_database()) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE applicants (row_number bigint, {kinds})")
        with cursor.copy("COPY applicants FROM STDIN") as copy:
            for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
                copy.write_row(row)
        query = card_sql(signed(card), dialect="postgres")
        cursor.execute(f"SELECT points FROM ({query}) AS scored ORDER BY row_number")
        assert [points for (points,) in cursor] == expected


def test_texts_from_the_dictionary_end_no_comment_and_name_no_table():
    query = card_sql(signed(hard_card()))
    for line in query.splitlines():
        assert "DROP TABLE" not in line or line.lstrip().startswith("-- ")
    with pytest.raises(GivenError, match="not the name of a table"):
        card_sql(signed(hard_card()), source="x; DROP TABLE y")
