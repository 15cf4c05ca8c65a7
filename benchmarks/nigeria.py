"""Real micro-loans through the main line: import → archive → profile → card → AUC.

``python -m benchmarks.nigeria --folder FOLDER`` with the SuperLender files (Zindi, "Loan Default
Prediction Challenge"). The borrowers' earlier loans are the archive, by ``mappings/nigeria.yaml``;
the loans of July 2017 are those asked for, each with its borrower's profile as of the day of
application. A profile sees what was known before that day, so that a loan repaid and followed by
the next on one day looks as if it ran. Beside it stands the flat table of the same loans, with the
same day and without it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.archived_loans import imported, loan_sample, print_aucs, request_dictionary
from benchmarks.nigeria_flat import july_table
from benchmarks.public_sets import NIGERIA_SET, sample_of
from model.profile.dictionary import member_dictionary

FILES = ("trainprevloans.csv", "trainperf.csv")


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, exists=True))
def command(folder: Path) -> None:
    """Print the AUC of the card on each fold, from the profile alone and with what is asked."""
    loans = pd.read_csv(folder / "trainperf.csv", dtype={"customerid": str})
    applied = pd.to_datetime(loans["creationdate"]).to_numpy().astype("datetime64[D]")
    asked = {
        "amount_asked": loans["loanamount"].to_numpy(dtype=np.float64),
        "term_asked": loans["termdays"].to_numpy(dtype=np.float64),
        "due_asked": loans["totaldue"].to_numpy(dtype=np.float64),
    }
    member = loans["customerid"].to_numpy(dtype=object)
    bad = (loans["good_bad_flag"] == "Bad").to_numpy()
    with tempfile.TemporaryDirectory() as home:
        archive = imported(folder, FILES, "nigeria.yaml", Path(home))
        alone, both = member_dictionary(), request_dictionary()
        for title, known, dictionary in (
            ("profile alone", {}, alone),
            ("profile, and amount, term and repayment asked for", asked, both),
        ):
            sample = loan_sample(archive, member, applied, known, bad, dictionary)
            print_aucs(title, sample, dictionary)
    for same_day, what in ((True, "with what happened on the day"), (False, "as of the day")):
        rows = pa.Table.from_pandas(july_table(folder, same_day=same_day), preserve_index=False)
        print_aucs(f"flat table, {what}", *sample_of(NIGERIA_SET, rows), ["lightgbm"])


if __name__ == "__main__":
    command()
