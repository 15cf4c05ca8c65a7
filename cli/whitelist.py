"""``rongzi whitelist``: score the whole archive and publish the edition."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date, datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

import click

from cli.approvals import approvers_of, order_option
from cli.json_output import is_asked, tell
from cli.options import (
    FILE,
    FOLDER,
    approval_of,
    approval_options,
    archive_option,
    as_of_option,
    cluster_of,
    engine_options,
    home_option,
    ledger_location,
    use_policy_of,
)

if TYPE_CHECKING:
    from api.editions.approval import Approval
    from api.editions.batch import Draft
    from api.editions.branch_files import BranchLevel, Names
    from api.editions.change import Excess
    from api.editions.publish import Published
    from api.editions.resuming import Keep
    from data.storage.archive import Archive
    from data.storage.spark_profiles import Cluster

#: Exit code: the publication changes more than the limits allow, and nobody approved it.
HELD = 3
#: Seconds between two lines of progress.
_BETWEEN_LINES = 10.0


@click.command("whitelist")
@archive_option
@as_of_option
@click.option("--out", required=True, type=FILE, help="Parquet file for the whitelist's rows.")
@engine_options
@click.option("--branch-files", type=FOLDER, help="Folder for one workbook a branch.")
@click.option(
    "--branch-level", type=click.Choice(["county", "township"]), default="county",
    show_default=True, help="What a branch is.",
)  # fmt: skip
@click.option(
    "--branch-names", type=click.Choice(["masked", "full", "none"]), default="masked",
    show_default=True, help="Names in the workbooks; full needs --approved-by and --because.",
)  # fmt: skip
@click.option(
    "--resume", is_flag=True, help="Continue the run that was interrupted, from the same inputs."
)
@click.option("--dry-run", is_flag=True, help="Write the rows and the comparison; publish nothing.")
@approval_options
@order_option
@home_option
def command(
    archive: Path,
    as_of: datetime,
    out: Path,
    engine: str,
    master: str | None,
    branch_files: Path | None,
    branch_level: BranchLevel,
    branch_names: Names,
    resume: bool,
    dry_run: bool,
    approved_by: str | None,
    because: str | None,
    order_id: str | None,
    home: Path,
) -> None:
    """Score every member as of DATE, write the rows to a file and publish them as an edition.

    If the home has a ledger, consent given or withdrawn at the counter before DATE counts as well.
    A run that was killed, or held by the limits, continues with --resume after the members whose
    profile is done. If archive, policy, card or DATE have changed, it says which and stops. Without
    --resume a run begins anew.
    On Spark the executors share the archive, the home and the folder of the file; the rows are the
    same.
    Where the edition changes more than the policy's limits of publication, nothing is published
    without --approved-by and --because, or an order. Exit code 3: held for this reason.
    """
    from api.editions.batch import draft_digest, publication, rows_file, write_draft
    from api.editions.resuming import beginning, resuming

    use_policy_of(home)
    approval, day = approval_of(approved_by, because), as_of.date()
    cluster = cluster_of(engine, master, out)
    if resume and dry_run:
        raise click.UsageError("a dry run keeps nothing to --resume")
    if branch_names == "full" and approval is None and order_id is None:
        raise click.UsageError("--branch-names full needs --approved-by and --because, or --order")
    if dry_run:
        _say(
            "试运行：不发布，可与发布中的运行并行"
            " dry run: publishes nothing, and works beside a run that does"
        )
    with rows_file(out) if dry_run else publication(home, out) as rows:
        kept = None if dry_run else resuming(home) if resume else beginning(home)
        draft = _drafted(archive, day, home, kept, cluster)
        subject = draft_digest(draft, branch_names)
        tell(out=out, dry_run=dry_run, subject=subject)
        if dry_run:
            write_draft(draft, rows)
        else:
            approval = _approved(home, draft, subject, approval, order_id)
            published = _publish(home, draft, rows, approval)
    if dry_run:
        click.echo(f"名单 rows: {out}\n试运行，未发布 dry run, nothing was published")
        return
    click.echo(f"名单 rows: {out}\n已发布 published: {published.folder}")
    if branch_files:
        _write_branch_files(home, published, branch_files, branch_level, branch_names, approval)


def _drafted(
    archive: Path, day: date, home: Path, kept: Keep | None, cluster: Cluster | None
) -> Draft:
    """Draft the edition, and report what it holds and changes."""
    from api.consent.consent import consents_before
    from api.editions.batch import draft_whitelist
    from api.editions.report import notes, report
    from data.storage.archive import Archive
    from model.policy.policy import policy_on

    _say(f"画像 profiles of {archive} as of {day}: 开始 begun")
    stored = Archive(archive)
    members = partial(_members, stored)
    terms = policy_on(day).consent_terms
    consents = consents_before(ledger_location(home, None), day, terms, members)
    with _progress() as progress:
        draft = draft_whitelist(
            stored, day, home, consents, kept=kept, progress=progress, cluster=cluster
        )
    tell(
        as_of=day, tiers=_tiers(draft), published=None,
        beyond_limits=[{"code": e.code, "zh": e.text.zh, "en": e.text.en} for e in draft.excesses],
    )  # fmt: skip
    for note in notes(draft.previous, day):
        click.echo(f"note: {note}", err=True)
    for line in report(draft.contents, draft.previous):
        click.echo(line)
    _echo_excesses(draft.excesses)
    return draft


def _members(archive: Archive) -> list[str]:
    return list(archive.read("members", ["member_id"])["member_id"].unique().to_pylist())


def _approved(
    home: Path, draft: Draft, subject: str, given: Approval | None, order_id: str | None
) -> Approval | None:
    """Return who approves the draft, proven; exit with `HELD` if somebody must and nobody does."""
    from api.editions.approval import Approval
    from api.editions.batch import hold_draft

    if draft.excesses and given is None and order_id is None:
        hold_draft(home, draft, subject)
        click.echo(
            "未发布 nothing was published. 请查明原因；确认无误的，由具名人员批准发布\n"
            "Find the cause; if it is right, a named person publishes it:"
            " --approved-by NAME --because TEXT, or an order on the digest:"
            f" rongzi orders place publish {subject}",
            err=True,
        )
        sys.exit(HELD)
    if given is None and order_id is None:
        return None
    names, because = ([given.by], given.because) if given else ([], "")
    approved = approvers_of(home, "publish", subject, names, because, order_id)
    return Approval(", ".join(approved.by), approved.because, approved.order)


def _publish(home: Path, draft: Draft, rows: Path, approval: Approval | None) -> Published:
    from api.editions.batch import publish_draft

    published = publish_draft(home, draft, rows, approval)
    tell(published=published.folder)
    if approval:
        order = f" (order {approval.order})" if approval.order else ""
        click.echo(f"批准 approved: {approval.by}{order}: {approval.because}")
    return published


def _write_branch_files(
    home: Path,
    published: Published,
    branch_files: Path,
    level: BranchLevel,
    names: Names,
    approval: Approval | None,
) -> None:
    from api.editions.batch import record_branch_files
    from api.editions.branch_files import BranchFiles

    folder = branch_files / published.folder.name
    written = BranchFiles(published.contents, level, names).write(folder)
    record_branch_files(home, published.folder.name, len(written), names, approval)
    tell(branch_files=written)
    click.echo(f"网点文件 branch files: {len(written)} → {folder}")


def _say(line: str) -> None:
    """Print a line about the run's course, unless a program reads the result."""
    if not is_asked():
        click.echo(line, err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Say every ten seconds how far the run is; yield what it tells the profiles done, and all."""
    began, over, state = time.monotonic(), Event(), "画像 profiles"

    def profiled(done: int, total: int) -> None:
        nonlocal state
        state = f"画像 profiles {done:,} / {total:,}" if done < total else "评分 scoring"

    def say() -> None:
        while not over.wait(_BETWEEN_LINES):
            _say(f"运行中 at work {time.monotonic() - began:,.0f} s: {state}")

    # A thread does not see on its own whether JSON was asked for.
    thread = Thread(target=copy_context().run, args=(say,), daemon=True)
    thread.start()
    try:
        yield profiled
    finally:
        over.set()
        thread.join()


def _tiers(draft: Draft) -> dict[str, int]:
    total = draft.contents.funnel[""]
    return {name: getattr(total, name) for name in ("members", "first", "second", "third", "none")}


def _echo_excesses(excesses: Sequence[Excess]) -> None:
    if excesses:
        click.echo("超出发布限度 beyond the limits of publication:")
    for each in excesses:
        click.echo(f"  {each.code}: {each.text.zh} / {each.text.en}")
