"""``rongzi reconcile``: the ledger's payments beside the bank's loans of an import."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.json_output import tell
from cli.options import DAY, archive_option, home_option, settings_of, use_policy_of

if TYPE_CHECKING:
    from api.reconciliation.reconciling import Reconciled


@click.command("reconcile")
@archive_option
@click.option(
    "--as-of", type=DAY, metavar="DATE",
    help="Use what the archive knew before this day; without it, before today.",
)  # fmt: skip
@home_option
def command(archive: Path, as_of: datetime | None, home: Path) -> None:
    """Compare payments and repayments in the ledger with the bank's loans and instalments.

    Run it after rongzi import. It records in the ledger what is new, and lists what differs and
    nobody has settled. Until then the larger figure counts as out. A reviewer settles a difference
    in the service: POST /v1/members/{member_id}/differences/{difference_id}/settlement
    """
    from api.access.account_events import console_user
    from api.editions.edition import Edition
    from api.ledger.database import Location
    from api.ledger.store import ledger_exists
    from api.ledger.writer import Ledger
    from api.reconciliation.reconciling import reconcile
    from data.storage.archive import Archive

    use_policy_of(home)
    settings, today = settings_of(home), _today(home)
    day = as_of.date() if as_of else today
    if day > today:
        raise click.UsageError(f"--as-of {day} lies after today, {today}")
    if not ledger_exists(Location.of(settings)):  # before the service first ran there is none
        tell(as_of=day, members=0, written=0, held_back=0, open={}, differences=[])
        click.echo("尚无账本，无账可对 there is no ledger yet, so nothing to compare")
        return
    edition = Edition.current(home, allow_unsigned=settings.allow_unsigned_editions)
    with closing(Ledger.open(settings)) as ledger:
        found = reconcile(ledger, Archive(archive), day, edition, console_user())
    _report(found, day)
    if day <= found.book_since:
        _tell_too_early(home, day, found.book_since)


def _tell_too_early(home: Path, day: date, since: date) -> None:
    """Say why an archive of the past has nothing to compare with a ledger that began later."""
    from api.editions.demo import demo_day

    why = (
        f"账本自 {since} 起用，{day} 之前的档案没有此后的贷款，故无银行贷款可对\n"
        f"note: the ledger is the book since {since}, and the archive as of {day} holds no loan of"
        " that time, so no loan of the bank could be compared\n"
    )
    if demo_day(home):
        why += (
            "演示停留在过去的一天，其账本却是今天写的：请在非演示的工作目录中对账\n"
            "A demo plays on a day of the past while its ledger is written today: compare in a home"
            " that is no demo, with the bank's loans since its first decision"
            " (docs/use/operator.md)"
        )
    else:
        why += f"请在 {since} 之后的日期重试 Take an --as-of after {since}"
    tell(note=why)
    click.echo(why, err=True)


def _report(found: Reconciled, day: date) -> None:
    from api.reconciliation.differences import shape_of

    rows = [shape_of(each) for each in found.open]
    tell(
        as_of=day, book_since=found.book_since, members=found.members, written=found.written,
        held_back=found.held_back, open=found.by_kind, differences=rows,
    )  # fmt: skip
    click.echo(
        f"对账日 as of: {day}，账本起用日 book since: {found.book_since}\n"
        f"会员 members: {found.members:,}，新记录 new entries: {found.written:,}，"
        f"暂缓 held back: {found.held_back:,}"
    )
    for kind, count in found.by_kind.items():
        click.echo(f"未处理差异 open {kind}: {count:,}")
    for row in rows:
        click.echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    where = f"{row['decision_id']} #{row['number']}" if row["decision_id"] else "无放款 no payment"
    return (
        f"  {row['difference_id']}  {row['place_code']}  {where}  {', '.join(row['kinds'])}"
        f"  银行 bank {row['bank_yuan']:,}  账本 ledger {row['ledger_yuan']:,}"
        f"  计入 counts {row['exposure_yuan']:,}  账簿日 books {row['books_on']}"
    )


def _today(home: Path) -> date:
    from api.core.calendar import date_in_china
    from api.editions.demo import demo_day

    return demo_day(home) or date_in_china(datetime.now(UTC))
