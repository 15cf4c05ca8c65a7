"""``rongzi dictionary`` and ``rongzi train``; errors come as one message without a traceback."""

import shlex
import sys

import click
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from click.core import ParameterSource

from cli.main import main
from cli.options import as_given
from model.card.card_file import read_card
from model.profile.dictionary import read_dictionary

ROWS = 600


@pytest.fixture
def table(tmp_path):
    dice = np.random.default_rng(8)
    income = dice.normal(size=ROWS).round(3)
    bad = dice.random(ROWS) < 1 / (1 + np.exp(1 + 2 * income))
    path = tmp_path / "loans.csv"
    pa_csv.write_csv(pa.table({"income": income, "one": [1] * ROWS, "bad": bad.astype(int)}), path)
    return path


@pytest.fixture
def rongzi(monkeypatch, capsys, tmp_path):
    """Run the console; return its exit code, output and errors."""
    monkeypatch.setenv("RONGZI_MLRUNS", str(tmp_path / "mlruns"))
    monkeypatch.setenv("RONGZI_HOME", str(tmp_path / "home"))

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["rongzi", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


def test_a_draft_is_yaml_on_standard_output_and_notes_go_elsewhere(rongzi, table):
    code, out, err = rongzi("dictionary", table, "--target", "bad")
    assert code == 0
    assert list(read_dictionary(out, "draft").attributes) == ["income", "one"]
    assert "bad = 1 is taken as bad" in err


def test_a_drafted_dictionary_trains_a_card(rongzi, table, tmp_path):
    _, draft, _ = rongzi("dictionary", table, "--target", "bad")
    (tmp_path / "loans.yaml").write_text(draft, encoding="utf-8")
    code, out, _ = rongzi(
        "train", "--table", table, "--target", "bad", "--dictionary", tmp_path / "loans.yaml",
        "--out", tmp_path / "card",
    )  # fmt: skip
    assert code == 0
    assert "剔除 dropped: one: 常量" in out
    assert "rongzi promote" in out
    found = {path.name for path in (tmp_path / "card").iterdir()}
    assert found == {
        "card.json", "card.manifest", "committee.html", "evaluation.json", "evidence.json",
        "gates.json", "judged", "report.html", "report.xlsx", "validation.parquet",
    }  # fmt: skip


def test_a_bank_sets_what_its_loans_earn_and_lose(rongzi, table, tmp_path):
    options = ("train", "--table", table, "--target", "bad", "--family", "woe")
    code, _, _ = rongzi(*options, "--margin", "4.2", "--loss", "55", "--out", tmp_path / "card")
    assert code == 0
    report = (tmp_path / "card" / "report.html").read_text(encoding="utf-8")
    assert "a repaid loan earns 4.2 % of the amount lent, a bad one loses 55 %" in report
    code, _, err = rongzi(*options, "--loss", "120")
    assert (code, "at most 100" in err) == (2, True)


def test_a_recalibration_reads_the_added_points_of_a_table_that_had_its_own(
    rongzi, table, tmp_path
):
    own = pa_csv.read_csv(table).append_column("points", pa.array([9_999] * ROWS))
    pa_csv.write_csv(own, tmp_path / "own.csv")
    card, scored = tmp_path / "card", tmp_path / "scored.csv"
    rongzi("train", "--table", table, "--target", "bad", "--family", "woe", "--out", card)
    code, _, err = rongzi("score", "--table", tmp_path / "own.csv", "--card", card, "--out", scored)
    assert (code, "the added columns are points_card, pd_card" in err) == (0, True)
    code, _, _ = rongzi(
        "recalibrate", card, "--bad-rate", "0.2", "--source", "vintages", "--out", tmp_path / "new",
        "--portfolio", scored,
    )  # fmt: skip
    assert code == 0
    moved = read_card(tmp_path / "new").card
    points = pa_csv.read_csv(scored)["points_card"].to_pylist()
    assert moved.pd(np.array(points)).mean() == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "baad"], "close to it: bad"),
        (["--target", "one"], "one class only"),
        (["--target", "income"], "it must have two, good and bad"),
        (["--target", "bad", "--bad", "2"], "never has the value '2'"),
        (["--target", "bad", "--dictionary", "none.yaml"], "none.yaml: cannot be read"),
    ],
)
def test_a_table_that_cannot_train_is_refused_in_one_message(rongzi, table, arguments, message):
    code, _, err = rongzi("train", "--table", table, *arguments)
    assert code == 1
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not readable as YAML"),
        ("", "expected a mapping"),
        ("income: {zh: x}", "attribute income"),
        ("income: 7", "attribute income"),
    ],
)
def test_a_broken_dictionary_is_refused_with_its_name(rongzi, table, tmp_path, text, message):
    (tmp_path / "broken.yaml").write_text(text, encoding="utf-8")
    broken = ["--dictionary", tmp_path / "broken.yaml"]
    code, _, err = rongzi("train", "--table", table, "--target", "bad", *broken)
    assert code == 1
    assert "broken.yaml" in err
    assert message in err


def test_an_archive_without_loans_is_refused(rongzi, tmp_path):
    (tmp_path / "archive").mkdir()
    code, _, err = rongzi("train", "--archive", tmp_path / "archive", "--as-of", "2023-10-01")
    assert (code, "no loan was disbursed" in err) == (1, True)


@pytest.mark.parametrize("arguments", [[], ["--table", "t.csv"], ["--archive", "nowhere"]])
def test_a_command_without_its_data_explains_its_use(rongzi, arguments):
    code, _, err = rongzi("train", *arguments)
    assert code == 2
    assert "Usage: rongzi train" in err


def test_promoting_nothing_is_refused(rongzi, tmp_path):
    code, _, err = rongzi("promote", "nothing", "--approved-by", "王", "--home", tmp_path)
    assert code == 1
    assert "neither a folder with a card.json nor a run id" in err


def test_the_next_line_works_when_it_is_copied(rongzi, tmp_path):
    dice = np.random.default_rng(7)
    income = dice.normal(size=2 * ROWS).round(3)
    bad = (dice.random(2 * ROWS) < 1 / (1 + np.exp(1 + 1.5 * income))).astype(int)
    table = tmp_path / "two.csv"
    pa_csv.write_csv(pa.table({"income": income, "bad": bad}), table)
    home, runs = tmp_path / "other home", tmp_path / "other runs"
    code, out, _ = rongzi(
        "train", "--table", table, "--target", "bad", "--family", "woe", "--home", home,
        "--mlruns", runs, "--trained-by", "Li Xun",
    )  # fmt: skip
    assert code == 0
    said = next(each for each in out.splitlines() if "next: " in each)
    line = shlex.split(said.partition("next: rongzi ")[2])
    assert line[-4:] == ["--home", str(home), "--mlruns", str(runs)]
    code, out, err = rongzi(*(word.replace("NAME", "Wang Pi") for word in line))
    assert code == 0, err
    assert f"rongzi score --table FILE --card {home}" in out
    assert "rongzi whitelist" not in out


def test_a_line_to_copy_shows_no_password():
    with click.Context(click.Command("c", params=[click.Option(["--mlruns"])])) as context:
        context.params["mlruns"] = "http://me:secret@host"
        context.set_parameter_source("mlruns", ParameterSource.COMMANDLINE)
        assert as_given("mlruns") == " --mlruns URI"
