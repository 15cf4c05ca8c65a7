"""``rongzi policy``: the dated texts of a home, and their adoption by two people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import yaml

from cli.approvals import approvers_of, order_option
from cli.groups import HomeGroup
from cli.options import DAY, EXISTING_FOLDER, FOLDER, home_option, use_policy_of
from model.errors import ContractError

_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
_on_option = click.option("--on", "day", type=DAY, metavar="DATE", help="Day; without it, today.")


@click.group("policy", cls=HomeGroup)
def command() -> None:
    """Show, compare, check and adopt the policy, the controls and the limits of a home.

    The texts are those shipped with the product until the home adopts others. They are dated and
    signed: a value that was in force is never edited, a later date supersedes it.
    """


@command.command("show")
@click.option("--write", type=FOLDER, help="Write the texts in use to this folder, to edit there.")
@_on_option
@home_option
@_json_option
def show(write: Path | None, day: datetime | None, home: Path, as_json: bool) -> None:
    """Show what is in force on a day, who adopted it and why."""
    from data.publishing.home_policy import adopted
    from model.policy.texts import FILES, text_of

    use_policy_of(home)
    in_use = adopted(home)
    statement = dict(in_use.statement) if in_use else None
    if write:
        write.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            (write / file).write_text(text_of(file), encoding="utf-8")
    values = {file: _in_force(file, text_of(file), _day(day)) for file in FILES}
    if as_json:
        _echo_json({"adopted": statement, "in_force": values})
        return
    click.echo(_whence(in_use.name if in_use else None, statement))
    for file, entries in values.items():
        click.echo(f"\n{file}")
        click.echo(yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=100).rstrip())
    if write:
        click.echo(f"\n已写出 written: {write}")


@command.command("diff")
@click.argument("folder", type=EXISTING_FOLDER)
@home_option
@_json_option
def diff(folder: Path, home: Path, as_json: bool) -> None:
    """Compare the texts in FOLDER with those in use: each entry on the day on which it differs."""
    from model.policy.changes import changes_between
    from model.policy.texts import text_of

    use_policy_of(home)
    found = [
        {
            "file": file,
            "entry": each.entry,
            "on": each.on,
            "before": each.before,
            "after": each.after,
        }
        for file, text in _candidate(folder).items()
        for each in changes_between(file, text_of(file), text)
    ]
    if as_json:
        _echo_json(found)
        return
    for each in found:
        before, after = (_value(each[name]) for name in ("before", "after"))
        click.echo(f"{each['file']}, {each['entry']}, from {each['on']}: {before} → {after}")
    click.echo(f"变动 changes: {len(found)}")


@command.command("check")
@click.argument("folder", type=EXISTING_FOLDER)
@home_option
@_json_option
def check(folder: Path, home: Path, as_json: bool) -> None:
    """Check the texts in FOLDER on every day on which they change, and that no past was edited."""
    from data.publishing.home_policy import adopted_texts, texts_digest

    use_policy_of(home)
    texts = _candidate(folder)
    files = checked(texts, _today())
    digest = texts_digest({**adopted_texts(home), **texts})
    if as_json:
        _echo_json({"sound": True, "files": files, "digest": digest})
    else:
        click.echo(f"无误 sound: {', '.join(files)}\n摘要 digest: {digest}")


@command.command("adopt")
@click.argument("folder", type=EXISTING_FOLDER)
@click.option(
    "--approved-by", "approved_by", multiple=True, metavar="NAME",
    help="An approver, who signs in where the home has accounts; give it twice, with two names.",
)  # fmt: skip
@click.option("--because", metavar="TEXT", help="Why, in one line; it is signed.")
@order_option
@home_option
@_json_option
def adopt_policy(
    folder: Path,
    approved_by: tuple[str, ...],
    because: str | None,
    order_id: str | None,
    home: Path,
    as_json: bool,
) -> None:
    """Check the texts in FOLDER, sign them and put them in use in the home.

    Two people approve, with --approved-by and --because or by an order. The policy decides with
    the next edition, on the edition's date; controls and limits at once.
    """
    from data.publishing.home_policy import adopt, adopted_texts, refuse_too_few, texts_digest

    if (because is None) != bool(order_id):
        raise click.UsageError("give --because with --approved-by; an order has its own reason")
    use_policy_of(home)
    texts = _candidate(folder)
    checked(texts, _today())
    whole = {**adopted_texts(home), **texts}
    if not order_id:
        refuse_too_few(approved_by)
    digest = texts_digest(whole)
    approved = approvers_of(home, "adopt", digest, approved_by, because or "", order_id)
    now = datetime.now(UTC)
    found = adopt(home, whole, approved.by, approved.because, now, approved.order)
    if as_json:
        _echo_json({"adopted": found.name, **found.statement})
        return
    click.echo(f"已采用 adopted: {found.name} ({', '.join(found.texts)})")
    click.echo(f"批准 approved: {approved.line}: {approved.because}")
    click.echo("生效 effect: controls and limits now; the policy with the next edition")


def checked(texts: Mapping[str, str], today: date) -> list[str]:
    """Check each text on every day of change and today; return the names.

    Raises
    ------
    ContractError
        If a text contradicts itself on a day, or edits what was in force.
    """
    from model.policy.changes import days_of_change, refuse_edited_past
    from model.policy.texts import text_of

    for file, text in texts.items():
        first, *later = sorted({*days_of_change(file, text), today})
        for day in (first, *later):
            try:
                _reader(file)(text, day)
            except ContractError as error:
                # Before its first day a text need not be complete.
                if day < today and "has no value" in str(error):
                    continue
                raise
        refuse_edited_past(file, text_of(file), text, today)
    return sorted(texts)


def _reader(file: str) -> Any:
    from model.policy.controls import read_controls
    from model.policy.freshness import read_freshness
    from model.policy.policy import read_policy
    from model.policy.publication import read_publication_limits
    from model.policy.reconciliation import read_reconciliation_limits
    from model.policy.retention import read_retention

    readers = {
        "policy.yaml": read_policy,
        "controls.yaml": read_controls,
        "publication.yaml": read_publication_limits,
        "freshness.yaml": read_freshness,
        "retention.yaml": read_retention,
        "reconciliation.yaml": read_reconciliation_limits,
    }
    if file in readers:
        return readers[file]
    from training.gates.verdict import GATE_LIMITS
    from training.measures.cut_offs import ECONOMICS
    from training.monitoring.alerts import MONITORING_LIMITS

    return {each.name: each.read for each in (GATE_LIMITS, MONITORING_LIMITS, ECONOMICS)}[file]


def _candidate(folder: Path) -> dict[str, str]:
    from model.policy.texts import FILES

    found = {file: folder / file for file in FILES if (folder / file).is_file()}
    if not found:
        raise ContractError(f"{folder}: holds none of {', '.join(FILES)}")
    return {file: path.read_text(encoding="utf-8") for file, path in found.items()}


def _in_force(file: str, text: str, day: date) -> Mapping[str, Any]:
    from model.policy.changes import entries_on

    return {name: _value(entry) for name, entry in entries_on(file, text, day).items()}


def _value(entry: Any) -> Any:
    return (
        entry["value"]
        if isinstance(entry, dict) and "value" in entry and "from" in entry
        else entry
    )


def _whence(name: str | None, statement: Mapping[str, Any] | None) -> str:
    if statement is None:
        return "随产品发布的政策 the policy shipped with the product; the home adopted none"
    people = ", ".join(statement["approved_by"])
    return (
        f"已采用 adopted: {name}, {statement['adopted_at']}, {people}: {statement['because']}"
        f" ({', '.join(statement['files'])})"
    )


def _day(day: datetime | None) -> date:
    return day.date() if day else _today()


def _today() -> date:
    from api.core.calendar import date_in_china

    return date_in_china(datetime.now(UTC))


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
