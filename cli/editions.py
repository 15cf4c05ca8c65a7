"""``rongzi editions``: what was published, by whom, what changed; go back, and tidy up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.approvals import approvers_of, order_option
from cli.groups import HomeGroup
from cli.options import approval_of, approval_options, home_option, use_policy_of

if TYPE_CHECKING:
    from api.editions.catalogue import Listed
    from api.editions.difference import Difference

_json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


@click.group("editions", cls=HomeGroup)
def command() -> None:
    """List, show, compare, roll back and prune the published editions of a home."""


@command.command("list")
@home_option
@_json_option
def list_editions(home: Path, as_json: bool) -> None:
    """List the editions, newest first; ``*`` marks the one in use."""
    from api.editions.catalogue import editions

    listed = editions(home)
    if as_json:
        _echo_json([asdict(each) for each in listed])
        return
    for each in listed:
        click.echo(_line(each))


@command.command("show")
@click.argument("name", default="current")
@home_option
@_json_option
def show(name: str, home: Path, as_json: bool) -> None:
    """Show an edition, by the name of its folder: inputs, counts, files, and who published it."""
    from api.editions.catalogue import folder_of, records
    from api.editions.manifest import read_manifest

    folder = folder_of(home, name)
    manifest = asdict(read_manifest(folder))
    said = [line for line in records(home) if line["edition"] == folder.name]
    if as_json:
        _echo_json({"edition": folder.name, "manifest": manifest, "records": said})
        return
    click.echo(folder.name)
    for field, value in manifest.items():
        if isinstance(value, dict):
            for part, each in value.items():
                click.echo(f"  {field}.{part}: {each}")
        else:
            click.echo(f"  {field}: {value or '-'}")
    for line in said:
        click.echo(f"  {_said(line)}")


@command.command("diff")
@click.argument("before")
@click.argument("after", default="current")
@home_option
@_json_option
def diff(before: str, after: str, home: Path, as_json: bool) -> None:
    """Compare two editions: members by tier before and after, points, and what is missing."""
    from api.editions.demo import today_in
    from api.editions.difference import difference

    use_policy_of(home)
    found = difference(home, before, after, today_in(home))
    if as_json:
        moves = [{"before": b, "after": a, "members": n} for (b, a), n in found.moves.items()]
        _echo_json({**asdict(found), "moves": moves})
        return
    for line in _difference_lines(found):
        click.echo(line)


@command.command("rollback")
@click.argument("name", required=False)
@approval_options
@order_option
@home_option
@_json_option
def rollback(
    name: str | None,
    approved_by: str | None,
    because: str | None,
    order_id: str | None,
    home: Path,
    as_json: bool,
) -> None:
    """Put an earlier edition in use again; without NAME the one before the edition in use.

    Every byte of it is verified first. A named person and a reason are required, or an order.
    """
    from api.editions.approval import Approval
    from api.editions.catalogue import rollback_target
    from api.editions.history import roll_back

    given = approval_of(approved_by, because)
    if given is None and order_id is None:
        raise click.UsageError("--approved-by and --because are required, or --order")
    use_policy_of(home)
    target, names = rollback_target(home, name).name, [given.by] if given else []
    approved = approvers_of(home, "rollback", target, names, because or "", order_id)
    approval = Approval(", ".join(approved.by), approved.because, approved.order)
    old, new = roll_back(home, name, approval, datetime.now(UTC))
    if as_json:
        _echo_json({"replaced": old, "in_use": new, **asdict(approval)})
        return
    click.echo(
        f"已回退 rolled back: {old} → {new}\n批准 approved: {approved.line}: {approval.because}"
    )


@command.command("prune")
@click.option(
    "--keep", default=6, show_default=True, type=click.IntRange(1),
    help="Newest editions to keep, besides the one in use and the one before it.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Name what would be removed; remove nothing.")
@home_option
@_json_option
def prune_editions(keep: int, dry_run: bool, home: Path, as_json: bool) -> None:
    """Remove old editions. Decisions keep the profile, policy and card that they were made from."""
    from api.editions.history import prunable, prune

    names = prunable(home, keep)
    if not dry_run:
        prune(home, names, datetime.now(UTC))
    if as_json:
        _echo_json({"removed": [] if dry_run else names, "removable": names})
        return
    verb = "将删除 would remove" if dry_run else "已删除 removed"
    for name in names:
        click.echo(f"{verb}: {name}")
    click.echo(f"{verb}: {len(names)}")


def _line(each: Listed) -> str:
    counts, mark = each.manifest.counts, "*" if each.is_current else " "
    share = counts["first"] / counts["members"]
    said = f"  {_said(each.record)}" if each.record else ""
    demo = f"  演示 demo {each.manifest.demo_day}" if each.manifest.demo_day else ""
    return (
        f"{mark} {each.name}  {counts['members']:,} members, FIRST {counts['first']:,}"
        f" ({share:.1%}), +{counts['enters']:,} −{counts['leaves']:,}{demo}{said}"
    )


def _said(line: object) -> str:
    said = line if isinstance(line, dict) else {}
    words = f", {said['approved_by']}: {said['because']}" if "approved_by" in said else ""
    return f"{said.get('kind', '')} {said.get('at', '')}{words}"


def _difference_lines(found: Difference) -> Iterator[str]:
    for (before, after), members in found.moves.items():
        yield f"{before:>7} → {after:<7} {members:>10,}"
    for each in found.measures:
        if each.is_beyond:
            yield (f"超出发布限度 beyond its limit: {each.text.zh} / {each.text.en}")
    if found.points_shift is not None:
        yield f"评分平均变动 mean change of points: {found.points_shift:+.2f}"
    for name, (was, now) in sorted(found.missing.items()):
        yield f"缺失 missing {name}: {was:.2%} → {now:.2%}"


def _echo_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
