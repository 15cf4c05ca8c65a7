"""The time stamps that a witness kept, against the authority that an auditor trusts.

OpenSSL verifies them, so that the verdict is not of this product's making.
"""

from __future__ import annotations

import base64
import binascii
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from api.ledger.checkpoints import Checkpoint
from api.ledger.findings import Report
from api.ledger.time_stamps import WORD
from model.errors import LedgerError

#: Longer than a pause between two requests, with the time for an answer.
_SOON = timedelta(minutes=15)
#: The clocks of the service and of the authority may differ by this.
_CLOCKS = timedelta(minutes=1)
_TIME = re.compile(r"^Time stamp: (\w{3}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", re.M)


@dataclass(frozen=True)
class Stamped:
    """A checkpoint with the text before it in its line, and the name of the line."""

    name: str
    before: str
    checkpoint: Checkpoint


def verify_time_stamps(
    path: Path, lines: Sequence[Stamped], authority: Path | None, report: Report
) -> None:
    """Verify the stamps among `lines` of the file `path`; lines without a stamp are skipped.

    Parameters
    ----------
    authority
        Certificates of the authority as PEM. Without them a notice counts the stamps.

    Raises
    ------
    LedgerError
        If stamps are to be verified and OpenSSL is not installed.
    """
    stamped = [each for each in lines if each.before.startswith(f"{WORD} ")]
    if not stamped:
        return
    if authority is None:
        report.notices.append(
            f"{path}: {len(stamped)} time stamps were not verified; name the authority's"
            " certificate with --stamp-authority"
        )
        return
    moments = list(_moments(stamped, authority, report))
    late = [moment - seal for moment, seal in moments if moment - seal > _SOON]
    if moments:
        last = max(moment for moment, _ in moments)
        report.notices.append(
            f"{path}: {len(moments)} time stamps are the authority's, the last of"
            f" {last.isoformat()}"
        )
    if late:
        report.notices.append(
            f"{path}: {len(late)} of them were made long after the seal, by up to {max(late)}, as"
            " after a failure of the authority; they prove no more than their own time"
        )


def _moments(
    stamped: Sequence[Stamped], authority: Path, report: Report
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the moment of each true stamp and that of its seal; report the others."""
    for each in stamped:
        moment, seq = _moment_of(each, authority), each.checkpoint.seq
        if moment is None:
            report.add(
                "stamp", seq,
                f"{each.name}: the time stamp is not of this authority for this checkpoint of"
                f" entry {seq}; somebody wrote the line, or the certificate is another one's",
            )  # fmt: skip
            continue
        seal = datetime.fromisoformat(each.checkpoint.sealed_at)
        if seal - moment > _CLOCKS:
            report.add(
                "clock", seq,
                f"{each.name}: entry {seq} says it was sealed at {each.checkpoint.sealed_at}, and"
                f" the authority saw the seal at {moment.isoformat()} already: the service's clock"
                " was ahead",
            )  # fmt: skip
        yield moment, seal


def _moment_of(stamped: Stamped, authority: Path) -> datetime | None:
    """Return when the authority stamped this checkpoint; None if it did not."""
    try:
        answer = base64.b64decode(stamped.before.split()[1], validate=True)
    except (IndexError, binascii.Error):
        return None
    with TemporaryDirectory(prefix="rongzi-stamp-") as folder:
        line, reply = Path(folder, "line"), Path(folder, "reply")
        line.write_text(stamped.checkpoint.line(), encoding="utf-8")
        reply.write_bytes(answer)
        verified = _openssl("-verify", "-data", line, "-in", reply, "-CAfile", authority)
        told = _openssl("-reply", "-in", reply, "-text") if verified is not None else None
    found = _TIME.search(told or "")
    if found is None:
        return None
    return datetime.strptime(" ".join([*found.groups(), "+0000"]), "%b %d %H:%M:%S %Y %z")


def _openssl(*words: object) -> str | None:
    """Return what ``openssl ts`` printed; None if it refused."""
    command = ["openssl", "ts", *map(str, words)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise LedgerError("openssl is not installed; time stamps are verified with it") from error
    return done.stdout if done.returncode == 0 else None
