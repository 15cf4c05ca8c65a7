"""Consent in an edition: the archive's words folded with the counter's before anybody is scored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import rfc8785

from data.archive import Archive
from data.profiles import consent_days_as_of
from model.consent import CONSENT_IN_FORCE, Word, day_number, day_of, last_word
from model.scorecard import Floats


@dataclass(frozen=True)
class Consent:
    """Profiles with consent as it stands, the day number of each last word, the words' digest."""

    profile: pa.Table
    on: Floats
    digest: str


def folded(archive: Archive, profile: pa.Table, as_of: date, words: Mapping[str, Word]) -> Consent:
    """Return the profiles with the counter's `words` before `as_of` folded in."""
    days = _days(archive, profile, as_of)
    return Consent(*_with_words(profile, days, words), _digest(words))


def _days(archive: Archive, profile: pa.Table, as_of: date) -> Floats:
    """Return the day of the archive's last word of each member of `profile`, NaN for none."""
    known = consent_days_as_of(archive, as_of)
    place = pc.index_in(profile["member_id"], known["member_id"].combine_chunks())
    days = known["consent_on"].combine_chunks().take(place.combine_chunks()).cast(pa.int32())
    return np.asarray(days.cast(pa.float64()).to_numpy(zero_copy_only=False))


def _with_words(
    profile: pa.Table, days: Floats, words: Mapping[str, Word]
) -> tuple[pa.Table, Floats]:
    """Return the profile and the days of the last word, with the counter's `words` folded in."""
    if not words:
        return profile, days
    members = pa.array(words, pa.string())
    rows = pc.index_in(members, profile["member_id"].combine_chunks()).to_pylist()
    in_force, days = profile[CONSENT_IN_FORCE].to_pylist(), days.copy()
    for row, word in zip(rows, words.values(), strict=True):
        if row is not None:
            said = None if np.isnan(days[row]) else Word(bool(in_force[row]), day_of(days[row]))
            held = last_word(said, word) or word
            in_force[row], days[row] = held.is_given, day_number(held.on)
    at = profile.schema.get_field_index(CONSENT_IN_FORCE)
    field = profile.schema.field(at)
    return profile.set_column(at, field, pa.array(in_force, field.type)), days


def _digest(words: Mapping[str, Word]) -> str:
    """Return what tells one set of words from another; empty for none."""
    if not words:
        return ""
    told = {member: f"{word.on} {word.is_given}" for member, word in words.items()}
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()
