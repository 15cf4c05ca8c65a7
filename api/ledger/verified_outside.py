"""The file of checkpoints outside the ledger, held against the chain and what the ledger keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from api.ledger.checkpoints import Checkpoint, is_torn
from api.ledger.findings import Report
from api.ledger.verified_chain import Chain
from api.ledger.verified_seals import Named, fits, is_signed, tell_unfit

Lines = Sequence[tuple[int, Checkpoint | str]]

#: Commits whose lines may be on their way: the service begins no further one before the last but
#: one is written, so there are at most two a worker.
_MOST_ON_THEIR_WAY = 16
_MOST_AT_THE_START = 2


def verify_outside(
    path: Path,
    lines: Lines | None,
    chain: Chain,
    inside: Sequence[Checkpoint],
    key: Ed25519PublicKey,
    report: Report,
) -> list[Checkpoint]:
    """Verify every line of the outside file; return those with a good signature.

    Parameters
    ----------
    lines
        None says that there is no such file.
    inside
        The checkpoints that the ledger keeps.
    """
    report.outside_lines = len(lines or ())
    named = _signed(path, lines or (), key, report)
    tell_unfit(named, chain, report)
    _tell_not_kept(named, inside, chain, report)
    good = [each.made for each in named]
    last = max((made.reach for made in good), default=(0, 0))
    behind = sorted((made for made in inside if made.reach > last), key=lambda made: made.reach)
    most = _MOST_ON_THEIR_WAY if good else _MOST_AT_THE_START
    if behind and (lines is None or len(behind) > most):
        report.found("no outside" if not good else "outside cut", None, _cut(path, good, behind))
    elif behind:
        report.notices.append(
            f"{_named(behind)} no line in {path} yet: it is being written now, or a crash came"
            " between, and the service adds it when it starts; if neither is so, the end of that"
            " file was cut off"
        )
    return good


def _signed(path: Path, lines: Lines, key: Ed25519PublicKey, report: Report) -> list[Named]:
    good = []
    for number, made in lines:
        if isinstance(made, str):
            if is_torn(made):
                report.notices.append(f"{path}, line {number} is torn, as a crash leaves it")
            else:
                what = f"{path}, line {number} is no checkpoint: it was overwritten or put there"
                report.found("forged", None, f"{what}; restore the file from backup")
        elif is_signed(made, name := f"{path}, line {number}: the checkpoint", key, report):
            good.append(Named(name, made))
    return good


def _tell_not_kept(
    named: Sequence[Named], inside: Sequence[Checkpoint], chain: Chain, report: Report
) -> None:
    kept, seqs = set(inside), {made.seq for made in inside}
    for name, made in named:
        is_kept = made in kept if made.is_bounded else not made.seq or made.seq in seqs
        if fits(made, chain) and not is_kept:
            report.found(
                "unsealed",
                made.seq,
                f"{name} of entry {made.seq} ({made.sealed_at}) is signed, but the ledger does not"
                " keep it: it was deleted or changed in table checkpoints or look_checkpoints;"
                " restore the database from backup",
            )


def _cut(path: Path, good: Sequence[Checkpoint], behind: Sequence[Checkpoint]) -> str:
    if not good:
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
