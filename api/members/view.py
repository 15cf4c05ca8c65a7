"""The member view and the whitelist row, built from the stored rows of an edition."""

from __future__ import annotations

import math
from typing import Any

from api.decisions.schemas import KnockOutShape, ReasonShape
from api.editions.edition import Edition, Row
from api.editions.in_use import Resources
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.members.schemas import IdentityShape, MemberShape, PlaceShape, WhitelistRow
from model.card.bins import Columns
from model.card.card_file import CardFile
from model.card.reasons import MAX_REASONS, reason
from model.policy.policy import Policy
from model.profile.dictionary import Attribute, member_dictionary

_PLACES = ("county_code", "township_code", "village_code")
_IDENTITY = ("name", "id_number", "phone")
#: The ground that is shown alone: without consent nothing else about the person is.
_NO_CONSENT = "NO_CONSENT"


def whitelist_row(edition: Edition, row: Row, *, has_consent: bool = True) -> WhitelistRow:
    """Return one row of the whitelist with its date and digests; without consent no value."""
    if not has_consent:
        row = _without_values(row) | {name: row[name] for name in _PLACES}
    return WhitelistRow(**{**row, "knock_outs": _codes(row)}, **_digests(edition))


def member_view(resources: Resources, member_id: str, *, has_consent: bool) -> MemberShape:
    """Return a member's masked identity, standing and profile.

    Without consent in force the view holds identity, place and the lack of consent only.

    Raises
    ------
    ProblemError
        If the member is not in the edition.
    """
    edition = resources.edition
    row, person = edition.row(member_id), edition.person(member_id)
    columns = edition.columns(member_id)
    if row is None or person is None or columns is None:
        raise ProblemError(UNKNOWN_MEMBER)
    if not has_consent:
        row, columns = _without_values(row), {}
    return MemberShape(
        **{
            **row,
            "identity": IdentityShape(**{name: person.pop(name) for name in _IDENTITY}),
            "place": PlaceShape(**person),
            "reasons": _reasons(resources.card, row),
            "knock_outs": [_knock_out(resources.policy, code) for code in _codes(row)],
            "profile": _profile(columns),
            **_digests(edition),
        }
    )


def _without_values(row: Row) -> Row:
    """Return the whitelist row of a member without consent: whoever it is, it says the same."""
    kept = {name: row[name] for name in ("member_id",)}
    standing = {"tier": "NONE", "limit_yuan": 0, "knock_outs": _NO_CONSENT}
    return dict.fromkeys(row) | kept | standing


def _codes(row: Row) -> list[str]:
    codes = str(row["knock_outs"]).split()
    return [_NO_CONSENT] if _NO_CONSENT in codes else codes


def _digests(edition: Edition) -> dict[str, Any]:
    manifest = edition.manifest
    return {
        "as_of": manifest.day,
        "policy_digest": manifest.policy_digest,
        "card_digest": manifest.card_digest,
    }


def _reasons(card: CardFile, row: Row) -> list[ReasonShape]:
    pairs = [(row[f"reason_{i}"], row[f"points_lost_{i}"]) for i in range(1, MAX_REASONS + 1)]
    reasons = [reason(card.card, code, lost) for code, lost in pairs if code is not None]
    return [ReasonShape(code=r.code, points_lost=r.points_lost, zh=r.zh, en=r.en) for r in reasons]


def _knock_out(policy: Policy, code: str) -> KnockOutShape:
    text = policy.rule(code).text
    return KnockOutShape(code=code, zh=text.zh, en=text.en)


def _profile(columns: Columns) -> dict[str, Any]:
    """Return the attributes an officer may see: all except those for fairness audits only."""
    return {
        attribute.name: _value(attribute, columns[attribute.name].item())
        for attribute in member_dictionary()
        # An edition of an earlier release lacks the attributes declared since.
        if attribute.role != "audit" and attribute.name in columns
    }


def _value(attribute: Attribute, value: Any) -> bool | float | str | None:
    if attribute.type == "text":
        return None if value is None else str(value)
    if math.isnan(value):
        return None
    return bool(value) if attribute.type == "flag" else float(value)
