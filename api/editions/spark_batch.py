"""The batch on Spark: one job, in which each task profiles and scores whole households."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import pyarrow as pa

from api.editions.contents import Records, merge_consents
from api.scoring.kernel import SCHEMA, Basis, Scored, score_profile
from data.storage.archive import Archive
from data.storage.kept_pieces import KeptPieces, passing_pieces
from data.storage.spark_profiles import Cluster, profile_on_spark
from model.decision.whitelist import HOUSEHOLD_BORROWER


def profile_and_score(
    archive: Archive, basis: Basis, consents: Records, cluster: Cluster, kept: KeptPieces | None
) -> tuple[pa.Table, Scored]:
    """Return every member's profile as of the basis' date with its days of consent, and its score.

    The profile is without `consents`; the score is by them. Both equal those of one process, row by
    row.

    Parameters
    ----------
    kept
        Finished pieces of the profile, in a folder that the executors share.

    Raises
    ------
    EditionError
        If there is no member, or the profile lacks an attribute of the card.
    """
    # A read-only view of a mapping cannot be pickled.
    sent = {member: dict(changes) for member, changes in consents.items()}
    then = partial(_score_piece, basis, sent)
    with nullcontext(kept) if kept else passing_pieces(cluster.folder) as pieces:
        made = profile_on_spark(
            archive, basis.as_of, pieces, cluster.master, then=then, with_consent_days=True
        )
        outcomes = made.outcomes()
        rows = outcomes.select(SCHEMA.names).cast(SCHEMA)
        return made.profiles(), Scored(rows, outcomes[HOUSEHOLD_BORROWER].to_numpy())


def _score_piece(basis: Basis, consents: Records, profile: pa.Table) -> pa.Table:
    """Return the rows of a piece with the column that reproduces them, on an executor."""
    scored = score_profile(merge_consents(profile, basis, consents).profile, basis)
    return scored.rows.append_column(
        HOUSEHOLD_BORROWER, pa.array(scored.household_borrower, pa.float64())
    )
