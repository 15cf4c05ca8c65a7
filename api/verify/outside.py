"""The checkpoint file against the chain and the checkpoints in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.ledger.checkpoints import Checkpoint, is_torn
from api.ledger.findings import Report
from api.verify.chain import Chain
from api.verify.checkpoints import (
    NamedCheckpoint,
    matches_chain,
    report_mismatches,
    verify_signature,
)

Lines = Iterable[tuple[int, Checkpoint | str]]

#: Commits whose line may not be written yet. A worker begins no further commit before the line of
#: its last but one is written, so each worker has at most two.
_MAX_UNWRITTEN = 16
_MAX_UNWRITTEN_AT_START = 2


@dataclass
class _SignedLines:
    """The signed lines: how far they reach, and those that the ledger does not hold."""

    reach: tuple[int, int] = (0, 0)
    is_empty: bool = True
    only_outside: list[NamedCheckpoint] = field(default_factory=list)


def verify_outside(
    path: Path,
    lines: Lines | None,
    chain: Chain,
    inside: Sequence[Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
) -> list[Checkpoint]:
    """Verify every line of the checkpoint file; return signed ones that are not in the ledger.

    Parameters
    ----------
    lines
        None if the file does not exist.
    inside
        The signed checkpoints in the ledger, whose defects are reported already.
    """
    signed = _read_signed_lines(path, lines or (), set(inside), key, report)
    report_mismatches(signed.only_outside, chain, report, inside)
    _report_deleted(signed.only_outside, inside, chain, report)
    later = [each for each in inside if each.reach > signed.reach]
    later.sort(key=lambda checkpoint: checkpoint.reach)
    limit = _MAX_UNWRITTEN_AT_START if signed.is_empty else _MAX_UNWRITTEN
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


def _read_signed_lines(
    path: Path, lines: Lines, inside: set[Checkpoint], key: Ed25519PublicKey, report: Report
) -> _SignedLines:
    signed = _SignedLines()
    for number, line in lines:
        report.outside_lines += 1
        name = f"{path}, line {number}"
        if isinstance(line, str):
            _report_no_checkpoint(line, name, report)
        elif line in inside or verify_signature(line, f"{name}: the checkpoint", key, report):
            signed.is_empty, signed.reach = False, max(signed.reach, line.reach)
            if line not in inside:
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
