"""Effects of imports on the archive: duplicates, corrections, conflicts, persons, crashes."""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.importing.importer import import_files
from data.storage.archive import Archive, ArchiveWriter
from model.archive.tables import RECORDED_AT
from model.errors import BusyError
from tests.support.sending_branch import FIRST, LATER, counts, id_number, member, parcels


def test_sound_rows_are_stored_and_counted(branch):
    report = branch.imported("a.csv", "members", [member(1), member(2)])
    assert counts(report) == (2, 2, 0, 0)
    assert branch.rows("members", "member_id") == [("M001",), ("M002",)]


def test_the_same_file_again_changes_nothing(known):
    path = known.file("p.csv", "parcels", [parcels(1), parcels(2), parcels(9), parcels(3, "错")])
    first = known.send(path)
    parts, digest = known.parts(), known.archive.digest()
    second = known.send(path, moment=LATER)
    assert counts(first) == (4, 2, 2, 0)
    assert counts(second) == (4, 0, 2, 2)
    assert second.reasons == first.reasons
    assert (known.parts(), known.archive.digest()) == (parts, digest)


def test_a_file_without_recording_times_again_changes_nothing(known):
    rows = [parcels(1), parcels(1, sent="4"), parcels(2)]
    path = known.file("p.csv", "parcels", rows, without=["recorded_at"])
    first, second = known.send(path), known.send(path, moment=LATER)
    assert counts(first) == (3, 2, 1, 0)
    assert counts(second) == (3, 0, 1, 2)
    assert first.reasons == second.reasons == {"CONFLICTING_ROW": 1}
    assert known.parts()["parcels"] == 1


def test_a_correction_supersedes_by_its_later_recording_time(known):
    later = parcels(1, sent="7", recorded_at="2023-07-01 08:00:00")
    report = known.imported("p.csv", "parcels", [parcels(1), later])
    assert counts(report) == (2, 2, 0, 0)
    assert known.rows("parcels", "sent", RECORDED_AT)[1] == (
        7,
        datetime.fromisoformat("2023-07-01T08:00"),
    )


def test_a_correction_without_a_recording_time_is_known_since_its_import(known):
    known.imported("p.csv", "parcels", [parcels(1)])
    report = known.imported("q.csv", "parcels", [parcels(1, sent="7", recorded_at="")], LATER)
    assert counts(report) == (1, 1, 0, 0)
    assert known.rows("parcels", "sent", RECORDED_AT)[-1] == (7, LATER)


def test_a_row_restated_without_a_recording_time_is_a_duplicate(known):
    known.imported("p.csv", "parcels", [parcels(1)])
    report = known.imported("q.csv", "parcels", [parcels(1, recorded_at="")], LATER)
    assert counts(report) == (1, 0, 0, 1)


def test_an_older_version_that_comes_late_does_not_count_as_in_force(known):
    newer = parcels(1, sent="7", recorded_at="2023-08-01 09:00:00")
    known.imported("p.csv", "parcels", [newer])
    report = known.imported("q.csv", "parcels", [parcels(1)], LATER)
    assert counts(report) == (1, 1, 0, 0)
    assert counts(
        known.imported("r.csv", "parcels", [parcels(1, sent="7", recorded_at="")], LATER)
    ) == (1, 0, 0, 1)


def test_rows_that_contradict_each_other_keep_the_first(known):
    report = known.imported("p.csv", "parcels", [parcels(1, sent="3"), parcels(1, sent="4")])
    assert counts(report) == (2, 1, 1, 0)
    assert report.reasons == {"CONFLICTING_ROW": 1}
    assert known.rows("parcels", "sent") == [(3,)]


def test_a_row_that_contradicts_the_archive_is_quarantined(known):
    known.imported("p.csv", "parcels", [parcels(1)])
    report = known.imported("q.csv", "parcels", [parcels(1, sent="4"), parcels(1)], LATER)
    assert counts(report) == (2, 0, 1, 1)


def test_blank_cells_are_equal_to_blank_cells(known):
    rows = [parcels(1, fresh_sent="", damage_claims="")] * 2
    assert counts(known.imported("p.csv", "parcels", rows)) == (2, 1, 0, 1)
    assert counts(known.imported("q.csv", "parcels", rows[:1])) == (1, 0, 0, 1)


def test_one_person_under_two_member_ids_is_refused_across_files_and_households(branch):
    one = branch.file("1.csv", "members", [member(1)])
    two = branch.file("2.csv", "members", [member(2, id_number=id_number(1))])
    report = branch.send(two, one)
    assert report.reasons == {"DUPLICATE_PERSON": 1}
    assert branch.rows("members", "member_id") == [("M001",)]


def test_one_person_under_two_member_ids_is_refused_against_the_archive(known):
    report = known.imported("again.csv", "members", [member(7, id_number=id_number(1))], LATER)
    assert report.reasons == {"DUPLICATE_PERSON": 1}
    assert counts(known.send(known.folder / "again.csv")) == (1, 0, 1, 0)


def test_an_id_number_is_free_when_its_holder_was_corrected(known):
    corrected = member(1, id_number=id_number(8), recorded_at="2023-09-01 00:00:00")
    report = known.imported("m.csv", "members", [member(8, id_number=id_number(1)), corrected])
    assert counts(report) == (2, 2, 0, 0)


def test_a_refused_correction_leaves_the_older_version_to_be_judged(branch):
    rows = [
        member(1), member(2),
        member(3, id_number=id_number(1)),
        member(3, id_number=id_number(2), recorded_at="2022-01-01 00:00:00"),
    ]  # fmt: skip
    report = branch.imported("m.csv", "members", rows)
    assert report.reasons == {"DUPLICATE_PERSON": 2}


def test_rows_of_unknown_members_and_loans_are_refused_until_their_parents_arrive(branch):
    loan = {
        "loan_id": "L1", "member_id": "M001", "applied_on": "2023-01-01", "decision": "同意",
        "amount": "20000", "months": "12", "repayment": "等额本息",
        "recorded_at": "2023-01-02 00:00:00",
    }  # fmt: skip
    payment = {
        "loan_id": "L1", "month": "2023-02", "due": "1", "paid": "1", "days_past_due": "0",
        "balance": "9", "recorded_at": "2023-03-01 00:00:00",
    }  # fmt: skip
    files = [
        branch.file("1-payments.csv", "repayments", [payment]),
        branch.file("2-loans.csv", "loans", [loan]),
    ]
    assert branch.send(*files).reasons == {"UNKNOWN_LOAN": 1, "UNKNOWN_MEMBER": 1}
    files.append(branch.file("3-members.csv", "members", [member(1)]))
    assert counts(branch.send(*files)) == (3, 3, 0, 0)
    assert not list(branch.quarantine.glob("*.csv"))


def test_a_child_of_a_quarantined_member_is_refused(branch):
    files = [
        branch.file("m.csv", "members", [member(1, joined_on="?")]),
        branch.file("p.csv", "parcels", [parcels(1)]),
    ]
    assert branch.send(*files).reasons == {"NOT_A_DATE": 1, "UNKNOWN_MEMBER": 1}


rows = st.builds(
    parcels,
    st.integers(0, 6),
    st.sampled_from(["2023-04", "2023-05"]),
    st.sampled_from(["3", "4", "x"]),
    recorded_at=st.sampled_from(["2023-06-02", "2023-06-03", ""]),
)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    files=st.lists(st.lists(rows, max_size=8), min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_counts_reconcile_and_neither_order_nor_repetition_changes_the_outcome(
    known, tmp_path_factory, files, order
):
    paths = [known.file(f"{n}.csv", "parcels", content) for n, content in enumerate(files)]
    ends = []
    for shuffled in (paths, order.sample(paths, len(paths))):
        home = Archive(tmp_path_factory.mktemp("archive"))
        known.send(known.folder / "members.csv", archive=home)
        before = home.digest()
        first = known.send(*shuffled, archive=home)
        after = home.digest()
        second = known.send(*shuffled, moment=LATER, archive=home)
        total = first.totals
        assert total.read == sum(map(len, files))
        assert total.read == total.accepted + total.quarantined + total.duplicate
        assert home.read("parcels").num_rows == total.accepted
        assert second.totals.accepted == 0
        assert second.totals.quarantined == total.quarantined
        assert home.digest() == after
        assert (after == before) == (total.accepted == 0)
        ends.append((after, first.as_json()["tables"], first.reasons))
    assert ends[0] == ends[1]


def test_any_number_of_workers_gives_the_same_archive(branch, monkeypatch):
    monkeypatch.setattr("data.importing.settling.reading._MIN_BYTES_FOR_PROCESSES", 0)
    files = [branch.file(f"m{n}.csv", "members", [member(n), member(n + 1)]) for n in range(3)]
    digests = set()
    for workers in (1, 2):
        home = Archive(branch.folder / f"by {workers}")
        import_files(files, home, branch.quarantine, FIRST, workers=workers)
        digests.add(home.digest())
    assert len(digests) == 1


def test_a_crash_between_tables_is_healed_by_importing_again(branch, monkeypatch):
    files = [
        branch.file("m.csv", "members", [member(1)]),
        branch.file("p.csv", "parcels", [parcels(1)]),
    ]
    append = ArchiveWriter.append_stream

    def crash(self, table, pieces):
        if table == "parcels":
            raise KeyboardInterrupt
        return append(self, table, pieces)

    monkeypatch.setattr(ArchiveWriter, "append_stream", crash)
    with pytest.raises(KeyboardInterrupt):
        branch.send(*files)
    monkeypatch.undo()
    assert branch.archive.read("members").num_rows == 0
    assert counts(branch.send(*files)) == (2, 2, 0, 0)
    assert not list(branch.archive.folder.glob(".import-*"))


def test_two_imports_into_one_archive_wait_for_each_other(branch):
    with branch.archive.writing(), pytest.raises(BusyError, match="another import"):
        branch.imported("m.csv", "members", [member(1)])
