"""The checkpoint file against the chain and the checkpoints in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.ledger.checkpoints import (
    MAX_UNWRITTEN,
    MAX_UNWRITTEN_AT_START,
    Checkpoint,
    is_torn,
    read_lines,
)
from api.ledger.findings import Report
from api.verify.chain import Chain
from api.verify.checkpoints import (
    NamedCheckpoint,
    matches_chain,
    report_mismatches,
    verify_signature,
)
from api.verify.time_stamps import Stamped, verify_time_stamps

Lines = Iterable[tuple[str, Checkpoint | str]]


@dataclass(frozen=True)
class OutsideFile:
    """The checkpoint file and the parts of it that were set aside.

    Attributes
    ----------
    lines
        None if there is no file.
    begun_at : int
        The audit row that records the beginning of this file after another one was lost; 0 for the
        first file.
    """

    path: Path
    lines: Lines | None
    begun_at: int = 0


@dataclass
class _SignedLines:
    """The signed lines: how far they reach, and which the ledger holds and does not hold."""

    reach: tuple[int, int] = (0, 0)
    is_empty: bool = True
    known: set[Checkpoint] = field(default_factory=set)
    only_outside: list[NamedCheckpoint] = field(default_factory=list)


def verify_outside(
    outside: OutsideFile,
    chain: Chain,
    inside: Sequence[Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
) -> list[Checkpoint]:
    """Verify every line of the checkpoint file; return signed ones that are not in the ledger.

    Parameters
    ----------
    inside
        The signed checkpoints in the ledger, whose defects are reported already.
    """
    path, lines = outside.path, outside.lines
    signed = _read_signed_lines(lines or (), set(inside), key, report)
    report_mismatches(signed.only_outside, chain, report, inside)
    _report_deleted(signed.only_outside, inside, chain, report)
    later = [each for each in inside if each.reach > signed.reach]
    later.sort(key=lambda checkpoint: checkpoint.reach)
    limit = MAX_UNWRITTEN_AT_START if signed.is_empty else MAX_UNWRITTEN
    if not signed.is_empty:
        _report_gaps(outside, signed, inside, report)
    if later and (lines is None or len(later) > limit):
        kind = "no outside" if signed.is_empty else "outside cut"
        report.add(kind, None, _cut_message(path, signed.is_empty, later))
    elif later:
        report.notices.append(
            f"{_describe_commits(later)} no line in {path} yet. Either the line is being written"
            " now, or the service was interrupted and will write it at its next start; otherwise"
            " the end of that file was cut off"
        )
    return [each.checkpoint for each in signed.only_outside]


def _report_gaps(
    outside: OutsideFile, signed: _SignedLines, inside: Sequence[Checkpoint], report: Report
) -> None:
    """Report commits without a line before the last line, from the first seal on."""
    within = [each for each in inside if outside.begun_at <= (each.look or 0)]
    before_last = [each for each in within if each.reach <= signed.reach]
    runs: list[list[Checkpoint]] = [[]]
    for checkpoint in sorted(before_last, key=lambda each: each.reach):
        if checkpoint in signed.known:
            runs.append([])
        else:
            runs[-1].append(checkpoint)
    for at, run in enumerate(runs):
        # The file begins with the first seals; later a crash of all workers may lose a few lines.
        limit = MAX_UNWRITTEN if at else MAX_UNWRITTEN_AT_START
        if len(run) > limit:
            report.add(
                "outside gap",
                run[0].seq or None,
                f"{outside.path}: {len(run)} commits from {run[0].sealed_at} to"
                f" {run[-1].sealed_at} (up to entry {run[-1].seq}) have no line, although later"
                " ones have: lines were removed, or another file was begun. Restore the lines, or"
                " put a part that was set aside beside the file (docs/reference/ledger.md)",
            )
        elif run:
            report.notices.append(
                f"{len(run)} commits up to entry {run[-1].seq} ({run[-1].sealed_at}) have no line"
                f" in {outside.path}, as after a crash"
            )


def _read_signed_lines(
    lines: Lines, inside: set[Checkpoint], key: Ed25519PublicKey, report: Report
) -> _SignedLines:
    signed = _SignedLines()
    for name, line in lines:
        report.outside_lines += 1
        if isinstance(line, str):
            _report_no_checkpoint(line, name, report)
        elif line in inside or verify_signature(line, f"{name}: the checkpoint", key, report):
            signed.is_empty, signed.reach = False, max(signed.reach, line.reach)
            if line in inside:
                signed.known.add(line)
            else:
                signed.only_outside.append(NamedCheckpoint(f"{name}: the checkpoint", line))
    return signed


def _report_no_checkpoint(line: str, name: str, report: Report) -> None:
    if is_torn(line):
        report.notices.append(f"{name} is torn, as after a crash")
    else:
        what = f"{name} is no checkpoint: it was overwritten or inserted"
        report.add("forged", None, f"{what}; restore the file from backup")


def _report_deleted(
    named: Sequence[NamedCheckpoint], inside: Sequence[Checkpoint], chain: Chain, report: Report
) -> None:
    # Earlier releases wrote checkpoints of audit rows only to the file, not to the ledger.
    seqs = {0, *(checkpoint.seq for checkpoint in inside)}
    for name, checkpoint in named:
        is_expected = checkpoint.is_bounded or checkpoint.seq not in seqs
        if is_expected and matches_chain(checkpoint, chain):
            report.add(
                "unsealed",
                checkpoint.seq,
                f"{name} of entry {checkpoint.seq} ({checkpoint.sealed_at}) is signed, but not in"
                " the ledger: it was deleted from or changed in table checkpoints or"
                " look_checkpoints; restore the database from backup",
            )


def _cut_message(path: Path, is_empty: bool, later: Sequence[Checkpoint]) -> str:
    if is_empty:
        return (
            f"{path}: there are no checkpoints outside the ledger, so a cut at its end cannot be"
            " detected; restore the file, or name it with --checkpoints"
        )
    return (
        f"{path} ends long before the ledger: {_describe_commits(later)} no line there. Its end was"
        " cut off, or it is an older copy; restore the file, or name the right one with"
        " --checkpoints"
    )


def _describe_commits(checkpoints: Sequence[Checkpoint]) -> str:
    count, last = len(checkpoints), checkpoints[-1]
    commits = "commit has" if count == 1 else f"{count} commits have"
    return f"the last {commits} (up to entry {last.seq}, {last.sealed_at})"


def verify_against(
    path: Path,
    chain: Chain,
    inside: Sequence[Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
    authority: Path | None = None,
) -> list[Checkpoint]:
    """Verify the ledger against an auditor's own copy of checkpoints; return the signed ones.

    Parameters
    ----------
    path
        Lines of the checkpoint file, of a witness, or of a syslog daemon; text before a checkpoint
        in its line is skipped, but for time stamps. The copy may hold any part of the lines.
    authority
        Certificates of the authority that stamped; see `verify_time_stamps`.
    """
    lines, before, known = [], "", set(inside)
    for name, line in read_lines(path, path.stat().st_size):
        if isinstance(line, str):
            before = line
            continue
        if line in known or verify_signature(line, f"{name}: the checkpoint", key, report):
            lines.append(Stamped(name, before, line))
        before = ""
    verify_time_stamps(path, lines, authority, report)
    named = [NamedCheckpoint(f"{each.name}: the checkpoint", each.checkpoint) for each in lines]
    if not named:
        what = f"{path} holds no checkpoint of this ledger, so it proves nothing"
        report.add("against", None, what)
        return []
    report_mismatches([each for each in named if each.checkpoint not in known], chain, report)
    last = max((each.checkpoint for each in named), key=lambda checkpoint: checkpoint.reach)
    report.notices.append(
        f"{path}: {len(named)} checkpoints compared, the last of entry {last.seq} and audit row"
        f" {last.look or 0} ({last.sealed_at})"
    )
    return [each.checkpoint for each in named]
