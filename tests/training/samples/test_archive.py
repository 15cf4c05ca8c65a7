"""A card from an archive: profiles as of the application, vintages in time, borrowers unsplit."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pytest

from data.storage.archive import Archive
from data.storage.schema import arrow_schema
from model.archive.tables import archive_tables
from model.card.derived import Derived
from model.errors import TrainingError
from model.policy.policy import policy_on
from model.profile.dictionary import member_dictionary
from training.families.cross_fit import cross_fit
from training.families.woe import WoeLearner
from training.run import NEW_BORROWERS, OUT_OF_TIME, UNSEEN
from training.samples.archive import archive_sample
from training.settings import Settings
from training.train import train_archive

AS_OF = date(2023, 6, 10)
QUICK = Settings(family="woe", resamples=50, run_in_months=0, folds=3)
MEMBERS, MONTHS = 500, 14
FIRST = np.datetime64("2021-01")


def store(archive, table, columns, known):
    """Append `columns` of `table`, recorded at `known`; columns left out are blank."""
    schema = arrow_schema(archive_tables()[table])
    rows = len(known)
    plain = {name: np.asarray(values).tolist() for name, values in columns.items()}
    arrays = {
        name: pa.array(plain.get(name, [None] * rows), schema.field(name).type)
        for name in schema.names
        if name not in ("event_on", "recorded_at")
    }
    arrays["recorded_at"] = pa.array(known, pa.timestamp("us"))
    archive.append(table, pa.table(arrays))


def a_bank(folder):
    """Members with balances and bills by month; two loans each, bad where both are poor."""
    rng, archive = np.random.default_rng(11), Archive(folder)
    ids = np.array([f"M{i:04d}" for i in range(MEMBERS)])
    early = [datetime.fromisoformat("2020-12-20")] * MEMBERS
    store(archive, "members", {
        "member_id": ids, "id_number": [f"{i:018d}" for i in range(MEMBERS)], "name": ids,
        "gender": ["female"] * MEMBERS, "birth_date": [date(1980, 5, 1)] * MEMBERS,
        "village_code": ["999901001001"] * MEMBERS, "household_id": ids,
        "occupation": ["grower"] * MEMBERS, "joined_on": [date(2020, 1, 1)] * MEMBERS,
    }, early)  # fmt: skip
    wealth, care = rng.normal(size=(2, MEMBERS))
    rows = np.repeat(np.arange(MEMBERS), MONTHS)
    months = np.tile(FIRST + np.arange(MONTHS), MEMBERS)
    balance = np.round(np.exp(8 + wealth[rows] + 0.2 * rng.normal(size=len(rows))), 0)
    store(archive, "cashflow", {
        "member_id": ids[rows], "month": months.astype("datetime64[D]"),
        "average_balance": balance.astype(int).tolist(), "bills_due": [10] * len(rows),
        "bills_paid_on_time": np.clip(8 + 2 * care[rows], 0, 10).astype(int).tolist(),
    }, (months + 1).astype("datetime64[us]"))  # fmt: skip
    _lend(archive, rng, ids, wealth + care)
    return archive


def _lend(archive, rng, ids, safety):
    owner = np.repeat(np.arange(MEMBERS), 2)
    # A third of the pairs of loans fall into one month.
    start = FIRST + 2 + np.sort(rng.integers(0, 12, (MEMBERS, 2)), axis=1)
    start[::3, 1] = start[::3, 0]
    start = start.ravel()
    loan_id = np.array([f"L{i:05d}" for i in range(len(owner))])
    bad = rng.random(len(owner)) < 1 / (1 + np.exp(1.3 + 1.2 * safety[owner]))
    store(archive, "loans", {
        "loan_id": loan_id, "member_id": ids[owner], "applied_on": start.astype("datetime64[D]"),
        "decision": ["approved"] * len(owner), "disbursed_on": start.astype("datetime64[D]") + 5,
        "amount": [8000] * len(owner), "months": [12] * len(owner),
        "repayment": ["equal_instalments"] * len(owner),
    }, (start + 1).astype("datetime64[us]"))  # fmt: skip
    rows = np.repeat(np.arange(len(owner)), 12)
    book = np.tile(np.arange(1, 13), len(owner))
    month = start[rows] + book
    store(archive, "repayments", {
        "loan_id": loan_id[rows], "month": month.astype("datetime64[D]"), "due": [700] * len(rows),
        "paid": [700] * len(rows),
        "days_past_due": np.where(bad[rows] & (book >= 8), 30 * (book - 7), 0).tolist(),
        "balance": [1] * len(rows),
    }, (month + 1).astype("datetime64[us]"))  # fmt: skip


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    return a_bank(tmp_path_factory.mktemp("bank"))


@pytest.fixture(scope="module")
def run(bank):
    return train_archive(bank, AS_OF, QUICK)


def test_every_ripe_loan_is_in_one_sample_and_development_comes_first(run, bank):
    vintages = run.origin.source.vintages
    total = sum(row.good + row.bad for row in vintages)
    assert len(run.samples.development) + len(run.samples.validation) == total == 2 * MEMBERS
    assert run.samples.validated_on == OUT_OF_TIME
    assert 0.27 <= len(run.samples.validation) / total < 0.4


def test_a_card_learned_from_the_past_ranks_the_latest_vintages(run):
    assert run.performance.evaluations[OUT_OF_TIME].measures["auc"].value > 0.75
    assert run.performance.evaluations[UNSEEN].measures["auc"].value > 0.75
    assert {"average_balance_12m", "lowest_balance_12m"} & set(run.card.attributes)


def test_borrowers_unknown_to_development_are_evaluated_on_their_own(run):
    new = run.performance.evaluations[NEW_BORROWERS]
    met = np.isin(run.samples.validation.borrower, run.samples.development.borrower)
    assert new.rows == (~met).sum() > 0


def test_only_scored_attributes_enter_and_every_other_scored_one_is_accounted_for(run):
    scored = set(member_dictionary().named("scored"))
    entered, dropped = set(run.card.attributes), {entry.attribute for entry in run.learned.dropped}
    assert entered | dropped == scored
    assert not entered & dropped


def test_the_grades_are_those_of_the_policy_in_force(run):
    policy = policy_on(AS_OF)
    assert [g.grade for g in run.card.grades] == [g.grade for g in policy.grades]


def test_directions_of_the_member_dictionary_hold_on_the_card(run):
    for term in run.card.terms:
        (name,) = term.attributes
        steps = np.diff(term.points[: run.card.bins[name].ordinary])
        direction = member_dictionary()[name].direction
        assert direction == "free" or (steps * (1 if direction == "down" else -1) >= 0).all()


def test_training_again_gives_the_same_digest(run, bank):
    assert train_archive(bank, AS_OF, QUICK).digest == run.digest


def test_an_event_after_the_application_month_began_changes_no_profile(bank, tmp_path):
    before = archive_sample(bank, AS_OF, QUICK)
    later = a_bank(tmp_path)
    known = np.array(["2023-06-01"], dtype="datetime64[us]")
    late = {"member_id": ["M0001"], "month": [date(2021, 2, 1)], "average_balance": [9_999_999]}
    store(later, "cashflow", late, known)
    after = archive_sample(later, AS_OF, QUICK)
    for name, values in before.sample.columns.items():
        np.testing.assert_array_equal(after.sample.columns[name], values, err_msg=name)


def test_two_loans_of_one_month_share_one_profile(bank):
    found = archive_sample(bank, AS_OF, QUICK)
    pairs = np.flatnonzero(
        (np.diff(found.sample.borrower) == 0) & (np.diff(found.vintage).astype(int) == 0)
    )
    assert len(pairs) > 100
    for values in found.sample.columns.values():
        np.testing.assert_array_equal(values[pairs], values[pairs + 1])


def test_folds_never_split_a_borrower(bank):
    sample = archive_sample(bank, AS_OF, QUICK).sample
    seen = []

    class Watching:
        def fits(self, train, dictionary, settings):
            seen.append(set(train.borrower.tolist()))
            return WoeLearner().fits(train, dictionary, settings)

    cross_fit(Watching(), sample, member_dictionary(), QUICK)
    everyone, *folds = seen
    held = [everyone - fold for fold in folds]
    assert sum(map(len, held)) == len(everyone)


def test_a_day_before_any_outcome_is_refused_with_the_counts_of_the_loans(bank):
    with pytest.raises(TrainingError, match=r"no loan has a known outcome .*unripe"):
        train_archive(bank, date(2021, 9, 1), QUICK)


def test_an_archive_without_loans_is_refused(tmp_path):
    archive = Archive(tmp_path)
    with pytest.raises(TrainingError, match="no loan was disbursed"):
        train_archive(archive, AS_OF, QUICK)


def test_too_few_bads_are_refused_with_their_number(bank):
    with pytest.raises(TrainingError, match=r"has \d+ bads among .* needs at least"):
        train_archive(bank, date(2022, 5, 10), QUICK)


def test_the_rows_keep_what_the_champion_scores_of_a_profile(bank, run):
    known = {attribute.name for attribute in member_dictionary()}
    unscored = sorted(known - set(member_dictionary().named("scored")) - {"member_id"})
    number = next(name for name in unscored if member_dictionary()[name].type == "number")
    former = replace(run.card, derived={"x": Derived("x", "ratio", number, number)})
    assert number in former.inputs
    kept = archive_sample(bank, AS_OF, QUICK, former).sample.columns
    assert number not in archive_sample(bank, AS_OF, QUICK).sample.columns
    assert len(kept[number]) == 2 * MEMBERS
