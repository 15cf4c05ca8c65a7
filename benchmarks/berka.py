"""Berka's Czech bank (PKDD'99) through the main line: import → archive → profile → card → AUC.

``python -m benchmarks.berka --folder FOLDER`` with its csv files. The archive holds accounts,
standing payments and loans by ``mappings/berka.yaml``; a loan is bad if its status is B (ended
unpaid) or D (running in debt).

Standing payments and second holders have no date in the files and count from 1993. They may know
what came after a loan was given, so what they bring is a possible leak; without them stands the
first line.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pandas as pd

from benchmarks.archived_loans import imported, loan_sample, print_aucs, request_dictionary

FILES = ("account.csv", "disp.csv", "order.csv", "loan.csv")
#: Attributes of tables without dates.
UNDATED = ("standing_payments", "standing_payments_yuan", "household_payments")


@click.command()
@click.option("--folder", required=True, type=click.Path(path_type=Path, exists=True))
def command(folder: Path) -> None:
    """Print the AUC of the card, of logistic regression and of LightGBM on each fold."""
    loans = pd.read_csv(folder / "loan.csv", dtype={"account_id": str, "date": str})
    applied = pd.to_datetime(loans["date"], format="%y%m%d").to_numpy().astype("datetime64[D]")
    asked = {
        "amount_asked": loans["amount"].to_numpy(dtype=np.float64),
        "term_asked": loans["duration"].to_numpy(dtype=np.float64) * 30,
        "due_asked": loans["payments"].to_numpy(dtype=np.float64),
    }
    member = loans["account_id"].to_numpy(dtype=object)
    bad = loans["status"].isin(["B", "D"]).to_numpy()
    with tempfile.TemporaryDirectory() as home:
        archive = imported(folder, FILES, "berka.yaml", Path(home))
        holders = request_dictionary(("second_holders",))
        sample = loan_sample(archive, member, applied, asked, bad, holders)
    scored = request_dictionary()
    nothing = dict.fromkeys(UNDATED, np.full(len(sample), np.nan))
    dated = replace(sample, columns={**sample.columns, **nothing})
    print_aucs("asked for, and account age", dated, scored)
    print_aucs("and standing payments (undated)", sample, scored)
    print_aucs("and second holders (undated, never scored by the service)", sample, holders)


if __name__ == "__main__":
    command()
