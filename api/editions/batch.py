"""The batch: score the whole archive and publish the result as one edition."""

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
    consents: Mapping[str, ConsentChange] = MappingProxyType({}),
) -> Published:
    """Profile, score and publish every member of `archive`; copy the rows to `out`.

    Parameters
    ----------
    consents
        Each member's latest record of consent at the counter before `as_of`.

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
        raise EditionError(f"{out}: an edition's rows are Parquet; end the name in .parquet")
    basis = Basis(as_of, policy_on(as_of), published_card(home))
    profile = profile_as_of(archive, as_of, engine)
    return publish_profile(archive, profile, basis, home, out, scorer(engine), consents)


def publish_profile(
    archive: Archive,
    profile: pa.Table,
    basis: Basis,
    home: Path,
    out: Path,
    score: Callable[[pa.Table, Basis], Scored] = score_profile,
    consents: Mapping[str, ConsentChange] = MappingProxyType({}),
) -> Published:
    """Score and publish a `profile` that is sorted by member id; see `publish_whitelist`."""
    digest = archive.digest()
    consent = merge_consents(archive, profile, basis.as_of, consents)
    inputs = (basis.as_of.isoformat(), basis.policy.digest, basis.card.digest)
    previous = previous_edition(home, (*inputs, digest, consent.digest))
    scored = score(consent.profile, basis)
    edition_contents = contents(archive, consent, scored, basis, previous.before)
    published = publish(home, edition_contents, digest, previous)
    out.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(published.folder / ROWS, out)
    return published


def scorer(engine: EngineName) -> Callable[[pa.Table, Basis], Scored]:
    """Return the scoring function of `engine`; Spark is imported only if it is used."""
    if engine == "duckdb":
        return score_profile
    from api.scoring.spark import score_profile_on_spark

    return score_profile_on_spark
