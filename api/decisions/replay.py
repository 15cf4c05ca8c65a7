"""Replay: make a decision again from the stored data and compare it with the answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

from api.decisions.caps import capped, caps_stored_in
from api.decisions.edition_age import aged
from api.decisions.profiles import BY_CONSENT_ALONE, by_consent_alone, stored_profile
from api.decisions.rulings import RULINGS, bound
from api.decisions.stored import answer_of, profile_from_json
from api.ledger.commands import View
from api.ledger.entries import Entry, Kind
from model.card.bins import Columns
from model.card.card_json import card_from_json
from model.card.scorecard import Card
from model.decision.decision import Decision, Request, decide
from model.errors import LedgerError
from model.policy.policy import Policy, stored_policy


class Stored(Protocol):
    """What a decision is made again from: the ledger, or the evidence of a case."""

    def entries_of_subject(self, subject_id: str, kinds: Collection[Kind]) -> list[Entry]:
        """Return the entries of a subject, oldest first, of some `kinds`."""

    def version(self, digest: str) -> bytes | None:
        """Return the policy or card with that digest; None if it is not here."""


@dataclass(frozen=True)
class Replay:
    """A decision's original answer and the answer computed again.

    Attributes
    ----------
    entry : Entry
        The entry of kind ``DECISION``.
    """

    entry: Entry
    answered: Mapping[str, Any]
    recomputed: Mapping[str, Any]

    @property
    def differences(self) -> tuple[str, ...]:
        """Fields that differ, in the order of the answer."""
        names = dict.fromkeys((*self.answered, *self.recomputed))
        absent = object()
        return tuple(
            name
            for name in names
            if self.answered.get(name, absent) != self.recomputed.get(name, absent)
        )


def replay(view: View, decision_id: str) -> Replay:
    """Decide again on the stored profile with the stored policy and card.

    Raises
    ------
    ProfileErasedError
        If the person was erased, and the exact profile with the person's key.
    LedgerError
        If there is no such decision, or its policy or card is not in the ledger.
    """
    entry = next((e for e in view.entries_of_decision(decision_id) if e.kind == "DECISION"), None)
    if entry is None:
        raise LedgerError(
            f"decision {decision_id}: not in this ledger; check the id and the ledger"
        )
    return replay_entry(view, entry, stored_profile(view, entry))


def replay_entry(stored: Stored, entry: Entry, profile: Mapping[str, Any]) -> Replay:
    """Decide the case of `entry`, of kind ``DECISION``, again and compare; see `remake`."""
    remade = remake(stored, entry, profile)
    asked_on, digest = date.fromisoformat(entry.body["asked_on"]), entry.body["card_digest"]
    recomputed = answer_of(remade.decision, str(entry.decision_id), digest, asked_on, remade.policy)
    return Replay(entry, entry.body["answer"], recomputed)


@dataclass(frozen=True)
class Remade:
    """A stored decision made again: its inputs, and the decision that follows from them."""

    columns: Columns
    request: Request
    as_of: date
    policy: Policy
    card: Card
    decision: Decision


def remake(stored: Stored, entry: Entry, profile: Mapping[str, Any]) -> Remade:
    """Decide again on the `profile` of `entry` with its stored policy and card.

    Raises
    ------
    LedgerError
        If the policy, the card, or the ruling that bound the answer is not in the ledger.
    """
    as_of = date.fromisoformat(entry.body["as_of"])
    policy = _policy(_version(stored, entry, "policy"), as_of)
    card = _card(_version(stored, entry, "card"))
    columns, request = profile_from_json(profile), Request(**entry.body["request"])
    decision = decide(columns, request, as_of, policy, card)
    if entry.body.get(BY_CONSENT_ALONE):
        decision = by_consent_alone(decision, policy)
    decision = bound(decision, request.amount_yuan, _ruling(stored, entry))
    decision = aged(decision, entry.body.get("edition_age"))
    decision = capped(decision, caps_stored_in(entry.body))
    return Remade(columns, request, as_of, policy, card, decision)


def _ruling(stored: Stored, entry: Entry) -> Entry | None:
    """Return the ruling that bound the answer in `entry`, as the ledger holds it."""
    wanted = entry.body.get("ruling")
    if wanted is None:
        return None
    for ruling in stored.entries_of_subject(entry.subject_id, RULINGS):
        if ruling.entry_id == wanted and ruling.seq < entry.seq:
            return ruling
    raise LedgerError(
        f"entry {entry.seq}: the ruling that bound it is not in the ledger; restore the ledger from"
        " backup"
    )


def _version(stored: Stored, entry: Entry, kind: str) -> bytes:
    digest = entry.body[f"{kind}_digest"]
    payload = stored.version(digest)
    if payload is None:
        raise LedgerError(
            f"entry {entry.seq}: its {kind} {digest[:16]} is not in the ledger; restore the ledger"
            " from backup"
        )
    return payload


# A run of replays uses few versions.
@lru_cache(maxsize=32)
def _policy(payload: bytes, as_of: date) -> Policy:
    return stored_policy(payload, as_of)


@lru_cache(maxsize=32)
def _card(payload: bytes) -> Card:
    return card_from_json(payload)
