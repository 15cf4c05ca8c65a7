"""The public credit data sets for comparing models, read from a folder.

Origins: german, UCI Statlog (Hofmann 1994); taiwan, UCI (Yeh & Lien 2009); spain, tidymodels
``credit_data`` (Belanche); pakdd2010, PAKDD 2010 data mining competition (NeuroTech); nigeria,
Zindi SuperLender (see `benchmarks.nigeria_flat`). No file is copied, none is part of the product.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from benchmarks.nigeria_flat import july_table
from data.storage.flat_table import read_flat_table
from model.profile.dictionary import Dictionary
from training.samples.sample import Sample
from training.samples.table import flat_sample
from training.samples.target import find_target
from training.train import drafted_dictionary


@dataclass(frozen=True)
class PublicSet:
    """Files and target of a set; no model sees the columns `ids`."""

    name: str
    files: tuple[str, ...]
    target: str
    bad: str
    ids: tuple[str, ...] = ()


NIGERIA = "nigeria_superlender"
NIGERIA_SET = PublicSet(
    "nigeria",
    tuple(f"{NIGERIA}/{name}.csv" for name in ("trainperf", "trainprevloans", "traindemographics")),
    "good_bad_flag",
    "Bad",
)
SETS = (
    PublicSet("german", ("german.csv",), "class", "2"),
    PublicSet("taiwan", ("taiwan.csv",), "default.payment.next.month", "1", ("ID",)),
    PublicSet("spain", ("spain.csv",), "Status", "bad"),
    PublicSet("pakdd2010", ("pakdd2010.csv",), "TARGET_LABEL_BAD", "1", ("ID_CLIENT",)),
    NIGERIA_SET,
)


def read_set(known: PublicSet, folder: Path) -> tuple[Sample, Dictionary]:
    """Return the rows of the set and the dictionary that training drafts for them unreviewed."""
    return sample_of(known, _table(known, folder).drop_columns(list(known.ids)))


def sample_of(known: PublicSet, table: pa.Table) -> tuple[Sample, Dictionary]:
    """Return the rows of `table`, whose target is that of the set, with a drafted dictionary."""
    outcome = find_target(table, known.target, known.bad)
    dictionary = drafted_dictionary(table, known.target, known.name)
    return flat_sample(table, outcome, dictionary, known.target), dictionary


def digests(known: PublicSet, folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the set's files."""
    return {f: hashlib.sha256((folder / f).read_bytes()).hexdigest() for f in known.files}


def _table(known: PublicSet, folder: Path) -> pa.Table:
    if known.name == "nigeria":
        return pa.Table.from_pandas(july_table(folder / NIGERIA), preserve_index=False)
    return read_flat_table(folder / known.files[0])
