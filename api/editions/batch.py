"""The batch door: the whole archive scored, written and published as one edition."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from api.editions.contents import contents, merge_consents
from api.editions.manifest import ROWS
from api.editions.publish import Published, previous_edition, publish
from api.scoring.kernel import Basis, Scored, score_profile
from data.publishing.published_card import published_card
from data.storage.archive import Archive
from data.storage.engines import EngineName
from data.storage.profiles import profile_as_of
from model.decision.consent import ConsentChange
from model.errors import EditionError
from model.policy.policy import policy_on


def publish_whitelist(
    archive: Archive,
    as_of: date,
    home: Path,
    out: Path,
    engine: EngineName = "duckdb",
    words: Mapping[str, ConsentChange] = MappingProxyType({}),
) -> Published:
    """Profile, score and publish every member of `archive`; write the rows to `out` too.

    `words` are members' last words on consent at the counter before `as_of`.

    Raises
    ------
    CardError
        If no signed card is published under `home`.
    EditionError
        If there is no member, or the card scores what a profile lacks.
    ArchiveError
        If the archive is missing or damaged.
    """
    if out.suffix.lower() != ".parquet":
        raise EditionError(f"{out}: an edition's rows are written as Parquet; end the name so")
    basis = Basis(as_of, policy_on(as_of), published_card(home))
    profile = profile_as_of(archive, as_of, engine)
    return publish_profile(archive, profile, basis, home, out, scorer(engine), words)


def publish_profile(
    archive: Archive,
    profile: pa.Table,
    basis: Basis,
    home: Path,
    out: Path,
    score: Callable[[pa.Table, Basis], Scored] = score_profile,
    words: Mapping[str, ConsentChange] = MappingProxyType({}),
) -> Published:
    """Score and publish a `profile` that is sorted by member id; see `publish_whitelist`."""
    digest = archive.digest()
    consent = merge_consents(archive, profile, basis.as_of, words)
    basis_of = (basis.as_of.isoformat(), basis.policy.digest, basis.card.digest)
    previous = previous_edition(home, (*basis_of, digest, consent.digest))
    made = contents(archive, consent, score(consent.profile, basis), basis, previous.before)
    published = publish(home, made, digest, previous)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(published.folder / ROWS, out)
    return published


def scorer(engine: EngineName) -> Callable[[pa.Table, Basis], Scored]:
    """Return what scores profiles on `engine`; Spark is imported only when it is asked for."""
    if engine == "duckdb":
        return score_profile
    from api.scoring.spark import score_profile_on_spark

    return score_profile_on_spark
