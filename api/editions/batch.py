"""The batch: score the whole archive and publish the result as one edition."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import rfc8785

from api.core.calendar import CHINA, date_in_china
from api.editions.approval import (
    Approval,
    HeldError,
    excesses,
    missing_shares,
    of_rollback,
)
from api.editions.catalogue import BRANCH_FILES, PUBLISHED, records
from api.editions.change import Excess
from api.editions.contents import Contents, Records, contents, merge_consents
from api.editions.demo import demo_day
from api.editions.held import Held, hold, release
from api.editions.history import record
from api.editions.manifest import PROFILE, ROWS, editions_folder
from api.editions.publish import (
    Previous,
    Published,
    counts_of,
    previous_edition,
    publishing,
    put_in_use,
    write_edition,
    write_rows,
)
from api.editions.resuming import Keep, forget, run_inputs
from api.editions.spark_batch import profile_and_score
from api.scoring.kernel import Basis, Scored, score_profile
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.private_files import drafted
from data.storage.profiles import Progress, profile_as_of, silent
from data.storage.spark_profiles import Cluster
from model.errors import GivenError
from model.policy.policy import policy_on
from model.policy.publication import publication_limits_on

#: Scores profiles with consent merged in.
Score = Callable[[pa.Table, Basis], Scored]


@dataclass(frozen=True)
class Draft:
    """An edition that is scored and compared, and not published.

    Attributes
    ----------
    excesses : tuple of Excess
        What it changes beyond the limits of publication.
    """

    contents: Contents
    archive_digest: str
    previous: Previous
    excesses: tuple[Excess, ...]


def draft_whitelist(
    archive: Archive,
    as_of: date,
    home: Path,
    consents: Records = MappingProxyType({}),
    today: date | None = None,
    kept: Keep | None = None,
    progress: Progress = silent,
    cluster: Cluster | None = None,
) -> Draft:
    """Profile and score every member of `archive`, and compare with the edition in use.

    Parameters
    ----------
    consents
        Each member's latest records of consent at the counter before `as_of`, by purpose.
    today
        Today in China; None asks the clock. A demo plays on a day of its own.
    kept
        Begins or resumes the run whose finished pieces are kept, given what it reads; see
        `api.editions.resuming`. None keeps nothing.
    progress
        Called with the members whose profile is done, and all.
    cluster
        Where Spark computes; None computes in this process, to the same rows.

    Raises
    ------
    RunError
        If the run cannot resume, or Spark gives up.
    CardError
        If no signed card is published under `home`, or it scores what a profile lacks.
    ArchiveError
        If the archive is missing or damaged, or has no member.
    """
    archive, basis = archive.pinned(), Basis(as_of, policy_on(as_of), published_card(home))
    pieces = kept(run_inputs(archive, basis, "spark" if cluster else "duckdb")) if kept else None
    score: Score = score_profile
    if cluster:
        profile, scored = profile_and_score(archive, basis, consents, cluster, pieces)
        score = partial(_as_scored, scored)
    else:
        profile = profile_as_of(
            archive, as_of, kept=pieces, progress=progress, with_consent_days=True
        )
    made, digest, previous = _drafted(archive, profile, basis, home, score, consents)
    today = demo_day(home) or today or date_in_china(datetime.now(tz=CHINA))
    limits, missing = publication_limits_on(today), _missing_before(home, previous, basis)
    found = excesses(made, archive, previous, missing, limits, today)
    return Draft(made, digest, previous, (*of_rollback(records(home)), *found))


def draft_digest(draft: Draft, names: str) -> str:
    """Return the SHA-256 of what is approved with a draft: its inputs, excesses and open `names`.

    The same archive, policy, card and consents give the same digest on every machine.
    """
    basis = draft.contents.basis
    approved = {
        "as_of": basis.as_of.isoformat(),
        "policy": basis.policy.digest,
        "card": basis.card.digest,
        "archive": draft.archive_digest,
        "consents": draft.contents.consents_digest,
        "previous": draft.previous.folder,
        "beyond_limits": [[each.code, each.text.en] for each in draft.excesses],
        "names": names,
    }
    return hashlib.sha256(rfc8785.dumps(approved)).hexdigest()


@contextmanager
def publication(home: Path, out: Path) -> Iterator[Path]:
    """Hold `home` and `out` for one run; yield a draft that becomes `out` if the run succeeds.

    Raises
    ------
    BusyError
        If another run publishes in `home`, or is writing `out`.
    GivenError
        If `out` is no Parquet file.
    """
    with rows_file(out) as rows, publishing(home):
        yield rows


@contextmanager
def rows_file(out: Path) -> Iterator[Path]:
    """Hold `out` for one run that publishes nothing; see `publication`."""
    if out.suffix.lower() != ".parquet":
        raise GivenError(f"{out}: an edition's rows are Parquet; end the name in .parquet")
    with drafted(out) as rows:
        yield rows


def publish_draft(home: Path, draft: Draft, rows: Path, approval: Approval | None) -> Published:
    """Publish a draft within a `publication`, write its rows, and record who let it pass.

    The rows and the record are written before the edition comes into use: no edition is in use
    without the record of its publication.

    Raises
    ------
    HeldError
        If it changes more than the limits allow and nobody approved it.
    """
    if draft.excesses and approval is None:
        raise HeldError(draft.excesses)
    published = write_edition(home, draft.contents, draft.archive_digest, draft.previous)
    shutil.copyfile(published.folder / ROWS, rows)
    record(
        home, PUBLISHED, published.folder.name, datetime.now(tz=CHINA), approval,
        beyond_limits=[each.text.en for each in draft.excesses],
    )  # fmt: skip
    put_in_use(published)
    forget(home)
    release(home)
    return published


def hold_draft(home: Path, draft: Draft, subject: str) -> None:
    """Keep what `draft` would publish beyond the limits, for whoever orders its publication.

    Parameters
    ----------
    subject
        The digest of the draft, see `draft_digest`.
    """
    now = datetime.now(tz=CHINA).isoformat(timespec="seconds")
    as_of, previous = draft.contents.basis.as_of.isoformat(), draft.previous.folder
    counts = counts_of(draft.contents)
    hold(home, Held(now, subject, as_of, previous, counts, draft.excesses))


def record_branch_files(
    home: Path, edition: str, files: int, names: str, approval: Approval | None
) -> None:
    """Record that `files` workbooks were written for branches, and who let full names out."""
    now = datetime.now(tz=CHINA)
    record(home, BRANCH_FILES, edition, now, approval, files=files, names=names)


def write_draft(draft: Draft, rows: Path) -> None:
    """Write the rows of a draft to the file `rows`, and publish nothing."""
    write_rows(draft.contents.rows, rows)


def publish_whitelist(
    archive: Archive,
    as_of: date,
    home: Path,
    out: Path,
    consents: Records = MappingProxyType({}),
    approval: Approval | None = None,
) -> Published:
    """Draft and publish; see `draft_whitelist` and `publish_draft`."""
    with publication(home, out) as rows:
        draft = draft_whitelist(archive, as_of, home, consents)
        return publish_draft(home, draft, rows, approval)


def publish_profile(
    archive: Archive,
    profile: pa.Table,
    basis: Basis,
    home: Path,
    out: Path,
    score: Score = score_profile,
    consents: Records = MappingProxyType({}),
) -> Published:
    """Score and publish a `profile` that is sorted by member id, without the limits of a batch.

    It has `CONSENT_DAYS` behind the attributes.
    """
    with publication(home, out) as rows:
        made, digest, previous = _drafted(archive, profile, basis, home, score, consents)
        published = write_edition(home, made, digest, previous)
        shutil.copyfile(published.folder / ROWS, rows)
        put_in_use(published)
    return published


def _as_scored(scored: Scored, _profile: pa.Table, _basis: Basis) -> Scored:
    """Return the scores that were made beside the profiles."""
    return scored


def _drafted(
    archive: Archive,
    profile: pa.Table,
    basis: Basis,
    home: Path,
    score: Score,
    consents: Records,
) -> tuple[Contents, str, Previous]:
    digest = archive.digest()
    consent = merge_consents(profile, basis, consents)
    inputs = (basis.as_of.isoformat(), basis.policy.digest, basis.card.digest)
    previous = previous_edition(home, (*inputs, digest, consent.digest))
    scored = score(consent.profile, basis)
    return contents(archive, consent, scored, basis, previous.before), digest, previous


def _missing_before(home: Path, previous: Previous, basis: Basis) -> dict[str, float]:
    if previous.folder is None:
        return {}
    path = editions_folder(home) / previous.folder / PROFILE
    return missing_shares(str(path), sorted(basis.card.card.inputs)) if path.is_file() else {}
