"""Time and memory of `rongzi train --table` on large and awkward tables.

    python -m benchmarks.large_tables --shape 150000x10 --shape 50000x43 --shape 5000x120

Tables are generated from a seed: skewed numbers with missing and special values, text of few and
of thousands of spellings; the third also dates, constants, twins, columns nearly all missing and
infinite values, with an outcome in words at a base rate of one in a hundred. Each is trained with
the defaults in a new process; `--twice` trains again and compares the digests of the cards.
"""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.csv

from model.card.bins import Floats

_Columns = dict[str, np.ndarray]


def numbers_only(rows: int, random: np.random.Generator) -> pa.Table:
    """Return ten numbers, skewed, some missing or out of any range; a base rate near 7 %."""
    columns, risk = _numbers(rows, 10, random)
    return _with_outcome(columns, risk, 0.07, ("0", "1"), random)


def mixed(rows: int, random: np.random.Generator) -> pa.Table:
    """Return 23 numbers, 14 texts of 2 to 12 spellings, 6 of thousands; a base rate near 26 %."""
    columns, risk = _numbers(rows, 23, random)
    few, more = _texts(rows, [int(n) for n in random.integers(2, 13, 14)], "code", random)
    many, most = _texts(rows, [300, 800, 1_500, 2_500, 4_000, 6_000], "place", random)
    return _with_outcome({**columns, **few, **many}, risk + more + most, 0.26, ("0", "1"), random)


def awkward(rows: int, random: np.random.Generator) -> pa.Table:
    """Return 120 columns, many of them useless or hard to parse; a base rate near 1 %."""
    columns, risk = _numbers(rows, 80, random)
    words, more = _texts(rows, [2, 3, 5, 9, 12, 40, 400, 3_000], "word", random)
    days = np.datetime64("2015-01-01") + random.integers(0, 3_000, (6, rows)).astype(int)
    columns |= words | {f"day_{n}": day.astype(str) for n, day in enumerate(days)}
    columns |= {f"constant_{n}": np.full(rows, value) for n, value in enumerate(("x", 1, "", 0.5))}
    columns |= {f"twin_{n}": columns[f"number_{n}"] for n in range(6)}
    for n in range(10):
        nearly = random.normal(size=rows)
        nearly[random.random(rows) < 0.995] = np.nan
        columns[f"nearly_missing_{n}"] = nearly
    for n in range(6):
        wild = random.normal(size=rows)
        wild[random.random(rows) < 0.01] = random.choice([np.inf, -np.inf])
        columns[f"infinite_{n}"] = wild
    return _with_outcome(columns, risk + more, 0.01, ("paid", "defaulted"), random)


SHAPES: dict[str, Callable[[int, np.random.Generator], pa.Table]] = {
    "150000x10": numbers_only,
    "50000x43": mixed,
    "5000x120": awkward,
}


@click.command()
@click.option("--shape", "shapes", multiple=True, type=click.Choice(list(SHAPES)))
@click.option("--family", default="auto", show_default=True)
@click.option("--seed", default=54, show_default=True)
@click.option("--twice", is_flag=True, help="Train again and compare the card's digest.")
def main(shapes: tuple[str, ...], family: str, seed: int, twice: bool) -> None:
    """Generate, train, and print one line a table."""
    for shape in shapes or SHAPES:
        with tempfile.TemporaryDirectory(prefix="rongzi-large-") as folder:
            table = SHAPES[shape](int(shape.partition("x")[0]), np.random.default_rng(seed))
            pyarrow.csv.write_csv(table, Path(folder) / "table.csv")
            digests = []
            for turn in range(2 if twice else 1):
                seconds, used, digest = _train(Path(folder), family, turn)
                digests.append(digest)
                click.echo(
                    f"{shape} --family {family}: {seconds:.0f} s passed, processors busy for"
                    f" {used.ru_utime + used.ru_stime:.0f} s, {used.ru_maxrss / 2**20:.2f} GiB at"
                    f" most, card {digest[:16]}, load {os.getloadavg()[0]:.1f}"
                )
            if len(set(digests)) > 1:
                raise click.ClickException(f"{shape}: two trainings gave two cards")


def _train(folder: Path, family: str, turn: int) -> tuple[float, resource.struct_rusage, str]:
    """Return elapsed seconds, resources used (memory in KiB), and the digest of the card."""
    out = folder / f"card-{turn}"
    command = [
        sys.executable, "-m", "cli.main", "train", "--table", str(folder / "table.csv"),
        "--target", "outcome", "--family", family, "--out", str(out),
        "--mlruns", str(folder / f"mlruns-{turn}"), "--home", str(folder / "home"),
    ]  # fmt: skip
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        output = run.stdout.read() if run.stdout else b""
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    passed = time.monotonic() - began
    if run.returncode:
        raise click.ClickException(output.decode()[-2_000:])
    digest = hashlib.sha256((out / "card.json").read_bytes()).hexdigest()
    return passed, used, digest


def _numbers(rows: int, count: int, random: np.random.Generator) -> tuple[_Columns, Floats]:
    """Return columns and their sum of log odds of bad, shape (rows,)."""
    columns: _Columns = {}
    risk = np.zeros(rows)
    common = random.normal(size=rows)
    for n in range(count):
        drawn = 0.4 * common + random.normal(size=rows)
        risk += random.choice([0.5, 0.2, 0.0]) * np.tanh(drawn) / np.sqrt(count / 10)
        shown = (
            np.exp(drawn) * 1_000 if n % 3 == 0 else np.round(drawn * 10) if n % 3 == 1 else drawn
        )
        missing = random.random(rows) < (0.2 if n % 4 == 0 else 0.01)
        columns[f"number_{n}"] = np.where(missing, np.nan, shown)
    return columns, risk


def _texts(
    rows: int, spellings: list[int], name: str, random: np.random.Generator
) -> tuple[_Columns, Floats]:
    """Return a text column for each number of spellings, most of them rare, and the log odds."""
    columns: _Columns = {}
    risk = np.zeros(rows)
    for n, count in enumerate(spellings):
        share = 1 / np.arange(1, count + 1)
        drawn = random.choice(count, rows, p=share / share.sum())
        risk += random.normal(scale=0.15, size=count)[drawn]
        words = np.array([f"{name}{n}-{k}" for k in range(count)], dtype=object)
        columns[f"{name}_{n}"] = words[drawn]
        columns[f"{name}_{n}"][random.random(rows) < 0.02] = None
    return columns, risk


def _with_outcome(
    columns: _Columns, risk: Floats, rate: float, words: tuple[str, str],
    random: np.random.Generator,
) -> pa.Table:  # fmt: skip
    threshold = np.quantile(risk + random.logistic(size=len(risk)), 1 - rate)
    bad = risk + random.logistic(size=len(risk)) > threshold
    outcome = np.where(bad, words[1], words[0])
    return pa.table(
        {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    ).append_column("outcome", pa.array(outcome))


if __name__ == "__main__":
    main()
