"""The file of checkpoints outside the ledger, held against the chain and what the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.ledger.checkpoints import Checkpoint, is_torn
from api.ledger.findings import Report
from api.verify.chain import Chain
from api.verify.checkpoints import Named, fits, is_signed, tell_unfit

Lines = Iterable[tuple[int, Checkpoint | str]]

#: Commits whose lines may be on their way: the service begins no further one before the last but
#: one is written, so there are at most two a worker.
_MOST_ON_THEIR_WAY = 16
_MOST_AT_THE_START = 2


@dataclass
class _Said:
    """What the lines said: how far they go, and those that the ledger does not keep alike."""

    last: tuple[int, int] = (0, 0)
    is_any: bool = False
    others: list[Named] = field(default_factory=list)


def verify_outside(
    path: Path,
    lines: Lines | None,
    chain: Chain,
    inside: Sequence[Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
) -> list[Checkpoint]:
    """Verify every line of the outside file; return those that are signed but not kept inside.

    Parameters
    ----------
    lines
        None says that there is no such file.
    inside
        The checkpoints that the ledger keeps; what is wrong with them is told already.
    """
    said = _said(path, lines or (), set(inside), key, report)
    tell_unfit(said.others, chain, report, inside)
    _tell_not_kept(said.others, inside, chain, report)
    behind = sorted((m for m in inside if m.reach > said.last), key=lambda made: made.reach)
    most = _MOST_ON_THEIR_WAY if said.is_any else _MOST_AT_THE_START
    if behind and (lines is None or len(behind) > most):
        kind = "outside cut" if said.is_any else "no outside"
        report.add(kind, None, _cut(path, said.is_any, behind))
    elif behind:
        report.notices.append(
            f"{_named(behind)} no line in {path} yet: it is being written now, or a crash came"
            " between, and the service adds it when it starts; if neither is so, the end of that"
            " file was cut off"
        )
    return [each.made for each in said.others]


def _said(
    path: Path, lines: Lines, kept: set[Checkpoint], key: Ed25519PublicKey, report: Report
) -> _Said:
    said = _Said()
    for number, made in lines:
        report.outside_lines += 1
        name = f"{path}, line {number}"
        if isinstance(made, str):
            _tell_no_checkpoint(made, name, report)
        elif made in kept or is_signed(made, f"{name}: the checkpoint", key, report):
            said.is_any, said.last = True, max(said.last, made.reach)
            if made not in kept:
                said.others.append(Named(f"{name}: the checkpoint", made))
    return said


def _tell_no_checkpoint(line: str, name: str, report: Report) -> None:
    if is_torn(line):
        report.notices.append(f"{name} is torn, as a crash leaves it")
    else:
        what = f"{name} is no checkpoint: it was overwritten or put there"
        report.add("forged", None, f"{what}; restore the file from backup")


def _tell_not_kept(
    named: Sequence[Named], inside: Sequence[Checkpoint], chain: Chain, report: Report
) -> None:
    # A release before kept its checkpoints of looks alone outside only.
    seqs = {0, *(made.seq for made in inside)}
    for name, made in named:
        if fits(made, chain) and (made.is_bounded or made.seq not in seqs):
            report.add(
                "unsealed",
                made.seq,
                f"{name} of entry {made.seq} ({made.sealed_at}) is signed, but the ledger does not"
                " keep it: it was deleted or changed in table checkpoints or look_checkpoints;"
                " restore the database from backup",
            )


def _cut(path: Path, is_any: bool, behind: Sequence[Checkpoint]) -> str:
    if not is_any:
        return (
            f"{path}: there are no checkpoints outside the ledger, so that a cut at its end could"
            " not be seen; restore the file, or name it with --checkpoints"
        )
    return (
        f"{path} ends long before the ledger: {_named(behind)} no line there. Its end was cut off,"
        " or it is an older copy; restore the file, or name the right one with --checkpoints"
    )


def _named(behind: Sequence[Checkpoint]) -> str:
    count = len(behind)
    commits = "commit has" if count == 1 else f"{count} commits have"
    return f"the last {commits} (up to entry {behind[-1].seq}, {behind[-1].sealed_at})"
