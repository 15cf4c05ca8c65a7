"""``rongzi train``: fit, evaluate and track a scorecard."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from cli.approvals import people_of_card
from cli.json_output import tell
from cli.options import (
    DAY,
    EXISTING_FOLDER,
    FILE,
    FOLDER,
    as_given,
    home_option,
    mlruns_option,
    settings_of,
    use_policy_of,
)
from cli.run_lines import run_lines
from cli.run_summaries import leave_summary
from model.errors import CardError
from model.profile.dictionary import Direction
from training.settings import (
    CURVES,
    FAMILIES,
    POPULATIONS,
    REJECT_METHODS,
    CurveName,
    Family,
    Population,
    RejectMethod,
    Settings,
)

if TYPE_CHECKING:
    from model.card.card_file import CardFile
    from model.card.scorecard import Card
    from training.binning.by_hand import HandBins
    from training.measures.cut_offs import Economics
    from training.run import TrainedRun
    from training.tracking.runs import Tracked


@click.command("train")
@click.option("--archive", type=EXISTING_FOLDER, help="Train on this archive's ripe loans.")
@click.option("--table", type=FILE, help="Train on this flat table, csv or Parquet.")
@click.option("--target", help="Column of the table with the outcome.")
@click.option(
    "--bad",
    "bad_value",
    help="The target's value that is bad; asked for where the table leaves it open.",
)
@click.option("--dictionary", type=FILE, help="Dictionary of the table; drafted otherwise.")
@click.option("--as-of", type=DAY, help="Archive as known on this day; without it, today.")
@click.option("--family", default="auto", show_default=True, type=click.Choice(FAMILIES))
@click.option("--out", type=FOLDER, help="Also write the card, figures and report here.")
@click.option(
    "--calibration",
    default="long_run",
    show_default=True,
    type=click.Choice(CURVES),
    help="Curve that maps points to PD; long_run is the line where rows span no two years.",
)
@click.option(
    "--reject-inference",
    default="none",
    show_default=True,
    type=click.Choice(REJECT_METHODS),
    help="Method by which people without a booked loan enter the training.",
)
@click.option(
    "--unobserved",
    default="members",
    show_default=True,
    type=click.Choice(POPULATIONS),
    help="Who these people are in an archive; in a table they are the rows without a target.",
)
@click.option(
    "--group",
    help="Column of the table that names the borrower: a borrower's rows stay on one side of"
    " every split.",
)
@click.option(
    "--date",
    "date_column",
    help="Column of the table with the day of each row: the latest months validate.",
)
@click.option(
    "--refit/--no-refit",
    default=True,
    show_default=True,
    help="Fit the judged choices again to all rows, validation included.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="ATTRIBUTE",
    help="Keep this attribute out of the card; may be given several times.",
)
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="ATTRIBUTE=DIRECTION",
    help="Let risk move only up, only down, or free with it; may be given several times.",
)
@click.option(
    "--most-range-share",
    default=0.25,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the card's range that one attribute decides at most; 1: no cap.",
)
@click.option(
    "--bins",
    type=FILE,
    help="YAML file of cut points by attribute; the report shows what they cost.",
)
@click.option("--seed", default=54, show_default=True, type=int)
@click.option(
    "--trained-by",
    envvar="RONGZI_TRAINED_BY",
    default=getpass.getuser,
    show_default="login name",
    help="Name of the person who trains; the same person may not approve the card.",
)
@click.option(
    "--as",
    "account",
    metavar="NAME",
    help="Account of the home that trains: it signs in and is on record as the trainer, so that one"
    " other person can approve the card.",
)
@click.option(
    "--margin",
    type=float,
    help="Percent of the amount that a repaid loan earns, for the report's cut-off table.",
)
@click.option(
    "--loss",
    type=float,
    help="Percent of the amount that a bad loan loses, for the report's cut-off table.",
)
@home_option
@mlruns_option
def command(
    archive: Path | None,
    table: Path | None,
    target: str | None,
    bad_value: str | None,
    dictionary: Path | None,
    as_of: datetime | None,
    family: Family,
    calibration: CurveName,
    reject_inference: RejectMethod,
    unobserved: Population,
    out: Path | None,
    group: str | None,
    date_column: str | None,
    refit: bool,
    without: tuple[str, ...],
    directions: tuple[str, ...],
    most_range_share: float,
    bins: Path | None,
    seed: int,
    trained_by: str,
    account: str | None,
    margin: float | None,
    loss: float | None,
    home: Path,
    mlruns: str,
) -> None:
    """Train a card, judge it by the gates, and register it unsigned as the challenger."""
    from training.promote import judge_run
    from training.reports.run_summary import run_summary

    settings = Settings(
        seed=seed,
        family=family,
        calibration=calibration,
        reject_inference=reject_inference,
        unobserved=unobserved,
        refit=refit,
        without=without,
        directions=tuple(_direction(each) for each in directions),
        most_range_share=most_range_share,
        bins=_bins(bins),
    )
    if archive is not None and table is None:
        train = partial(_train_archive, archive, as_of, settings)
    elif table is not None and archive is None and target is not None:
        split = {"group": group, "date": date_column}
        train = partial(_train_table, table, target, bad_value, dictionary, settings, split)
    else:
        raise click.UsageError("give either --archive DIR, or --table FILE with --target COLUMN")
    use_policy_of(home)
    _refuse_unreachable(mlruns)
    if account is not None:
        # Before the training, which may take hours.
        trained_by = _sign_in(home, account)
    champion = _champion(home)
    compared = champion.card if champion else None
    now = datetime.now().astimezone()
    economics = _economics(margin, loss, now.date())
    run = replace(train(champion=compared), trained_by=trained_by, trained_at=now)
    run = judge_run(run, champion, now.date())
    tracked = _record(run, economics, out, mlruns)
    if account is not None:
        _record_trainer(home, run.digest, trained_by)
    tell(
        card_digest=run.digest, run_id=tracked.run_id, version=tracked.version, out=out,
        gates={each.gate: each.status for each in run.gates.verdicts} if run.gates else {},
    )  # fmt: skip
    people = people_of_card(home, run.digest)
    for line in run_lines(run, tracked, out, people, as_given("home", "mlruns")):
        click.echo(line)
    leave_summary(
        home, "training", tracked.run_id, run_summary(run, tracked.code_version, tracked.link)
    )


def _sign_in(home: Path, name: str) -> str:
    from api.access.accounts import has_accounts
    from cli.accounts import open_accounts, signed_in_at_console

    if not has_accounts(settings_of(home)):
        raise click.UsageError("--as: the home has no accounts; give --trained-by NAME")
    with open_accounts(home) as accounts:
        return signed_in_at_console(accounts, name).name


def _record_trainer(home: Path, digest: str, account: str) -> None:
    from api.access.card_trainers import record_trainer
    from api.ledger.database import Location

    record_trainer(Location.of(settings_of(home)), digest, account)


def _bins(file: Path | None) -> HandBins:
    from training.binning.by_hand import read_hand_bins

    return () if file is None else read_hand_bins(file.read_text(encoding="utf-8"), str(file))


def _direction(given: str) -> tuple[str, Direction]:
    name, _, stated = given.partition("=")
    direction = next((each for each in get_args(Direction) if each == stated), None)
    if direction is None:
        raise click.UsageError(f"--direction {given}: give ATTRIBUTE=up, =down or =free")
    return name, direction


def _economics(margin: float | None, loss: float | None, day: date) -> Economics:
    """Return what loans earn and cost: as given in percent, or else as shipped."""
    from training.measures.cut_offs import economics_on

    shipped = economics_on(day)
    for name, given in (("--margin", margin), ("--loss", loss)):
        if given is not None and not 0 < given <= 100:
            raise click.UsageError(f"{name} is a percentage above 0 and at most 100")
    return replace(
        shipped,
        margin=shipped.margin if margin is None else margin / 100,
        loss=shipped.loss if loss is None else loss / 100,
    )


def _refuse_unreachable(mlruns: str) -> None:
    """Refuse a server that does not answer before the training, whose run would be lost."""
    from training.tracking.runs import refuse_unreachable

    refuse_unreachable(mlruns)


def _train_archive(
    archive: Path, as_of: datetime | None, settings: Settings, champion: Card | None
) -> TrainedRun:
    from data.storage.archive import Archive
    from training.train import train_archive

    # Today in the user's own time zone: a training date is a date at the branch, not an instant.
    day = (as_of or datetime.now().astimezone()).date()
    with _progress(settings) as step:
        return train_archive(Archive(archive), day, settings, step, champion)


def _train_table(
    table: Path,
    target: str,
    bad_value: str | None,
    dictionary: Path | None,
    settings: Settings,
    split: dict[str, str | None],
    champion: Card | None,
) -> TrainedRun:
    from data.storage.text_file import read_text_file
    from model.profile.dictionary import read_dictionary
    from training.train import train_table

    declared = None
    if dictionary is not None:
        declared = read_dictionary(read_text_file(dictionary), str(dictionary))
    with _progress(settings) as step:
        return train_table(
            table, target, settings, bad_value, declared, step, **split, champion=champion
        )


def _champion(home: Path) -> CardFile | None:
    """Return the card in use; None if there is none, or its signature does not verify."""
    from training.promote import champion_of

    try:
        return champion_of(home)
    except CardError as error:
        click.echo(f"说明 note: the gates ignore the champion: {error}", err=True)
        return None


@contextmanager
def _progress(settings: Settings) -> Iterator[Callable[[], object]]:
    from tqdm import tqdm

    from training.learn import steps

    with tqdm(total=steps(settings), unit="step", desc="train", disable=None) as bar:
        yield bar.update


def _record(run: TrainedRun, economics: Economics, out: Path | None, mlruns: str) -> Tracked:
    from data.storage.private_files import scratch
    from training.analyst.classifier import ESTIMATOR, write_estimator
    from training.reports.record import write_card_folder, write_run
    from training.tracking.runs import track

    with scratch() as folder:
        write_run(run, folder, economics)
        write_estimator(run, folder / ESTIMATOR)
        # Write the card first, so that it survives a store that cannot be written.
        if out is not None:
            write_card_folder(run, out, folder)
        return track(run, folder, mlruns)
