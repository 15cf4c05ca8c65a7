"""The command that records a visit; what it confirms counts from the next decision on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from api.access.duties import DUTY_OF, duties_on_open, refuse_joined
from api.consent.consent import is_consent_in_force
from api.core.calendar import date_in_china
from api.editions.in_use import Resources
from api.http.fields import EXPECTED, MOST_DAYS_SINCE_VISIT
from api.http.lending_problems import CONSENT_NOT_IN_FORCE, VISITS_NOT_COUNTED
from api.http.problem_kinds import INVALID_BODY, UNKNOWN_MEMBER
from api.http.problems import FieldError, ProblemError
from api.ledger.chain import encode_json
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import NewEntry
from api.ledger.sealed_bodies import body_of
from model.archive.tables import season_harvest
from model.decision.visits import VISIT_VALID_DAYS, counts_visits
from model.policy.controls import controls_on

#: What an officer saw; the paper or the photograph itself stays with the branch.
Proof = Literal["document", "photograph", "measurement", "witness"]


@dataclass(frozen=True)
class Found:
    """What a visit found.

    Attributes
    ----------
    incomes : mapping of str to int
        Yuan a year by kind of income; 0 where there is none.
    harvests : mapping of str to mapping
        By crop, its ``season`` and ``kg_per_mu``.
    resident_since : date or None
        Since when the member lives in the village on record.
    """

    visited_on: date
    proof: Proof
    note: str
    incomes: Mapping[str, int]
    harvests: Mapping[str, Mapping[str, Any]]
    resident_since: date | None


@dataclass(frozen=True)
class RecordVisit:
    """Record what a visit to a member found."""

    idempotency: IdempotencyScope | None
    actor: str
    member_id: str
    found: Found
    resources: Resources

    def run(self, view: View) -> Written:
        """Record it, if the member consents and the policy in use counts visits."""
        today, policy = date_in_china(view.now), self.resources.policy
        edition = self.resources.edition
        profile = edition.profile(self.member_id)
        if profile is None:
            raise ProblemError(UNKNOWN_MEMBER)
        if not counts_visits(policy):
            raise ProblemError(VISITS_NOT_COUNTED)
        refuse_wrong_days(self.found, today)
        self._refuse_name()
        subject = view.identities.subject_of(self.member_id, edition.person(self.member_id) or {})
        entries = view.entries_of_subject(subject, (*DUTY_OF, "CONSENT_WITHDRAWN"))
        if not is_consent_in_force(entries, profile, edition, policy.consent_terms):
            raise ProblemError(CONSENT_NOT_IN_FORCE)
        refuse_joined("visit", duties_on_open(entries, self.actor, today), controls_on(today))
        until = self.found.visited_on + timedelta(days=policy[VISIT_VALID_DAYS])
        entry = self._entry(view, subject, profile.place_code, until)
        answer = {
            "visit_id": entry.entry_id,
            "until": until.isoformat(),
            "recorded_at": view.now.isoformat(),
        }
        return Written(Answer(201, encode_json(answer).encode()), (entry,))

    def _refuse_name(self) -> None:
        """Refuse a note that holds the member's name: what is seen of a visit names nobody."""
        directory = self.resources.directory
        if directory is not None and directory.holds_name(self.member_id, self.found.note):
            raise ProblemError(INVALID_BODY, [FieldError("note", EXPECTED["note"])])

    def _entry(self, view: View, subject: str, place: str, until: date) -> NewEntry:
        entry_id, found = str(uuid.uuid4()), self.found
        shown = {
            "visited_on": found.visited_on.isoformat(),
            "until": until.isoformat(),
            "proof": found.proof,
        }
        since = found.resident_since
        sealed = {
            "incomes": dict(found.incomes),
            "harvests": {crop: dict(each) for crop, each in found.harvests.items()},
            "resident_since": since.isoformat() if since else None,
            "note": found.note,
        }
        body = body_of(view, subject, entry_id, shown, sealed)
        return NewEntry("VISITED", subject, None, place, self.actor, None, None, body, entry_id)


def refuse_wrong_days(found: Found, today: date) -> None:
    """Refuse a visit of the future or long ago, and what it cannot have found by then.

    Raises
    ------
    ProblemError
        422, naming each field.
    """
    first = today - timedelta(days=MOST_DAYS_SINCE_VISIT)
    seasons = [str(each["season"]) for each in found.harvests.values()]
    wrong = []
    if not first <= found.visited_on <= today:
        wrong.append("visited_on")
    if not all(_is_last_harvest(season, found.visited_on) for season in seasons):
        wrong.append("harvests")
    if found.resident_since and found.resident_since > found.visited_on:
        wrong.append("resident_since")
    if wrong:
        raise ProblemError(INVALID_BODY, [FieldError(name, EXPECTED[name]) for name in wrong])


def _is_last_harvest(season: str, visited_on: date) -> bool:
    """Return whether the harvest of `season` was the last of its kind before the visit.

    No other counts, so that nobody chooses a better year.
    """
    following = season_harvest(f"{int(season[:4]) + 1}{season[4:]}")
    return season_harvest(season) <= visited_on < following
