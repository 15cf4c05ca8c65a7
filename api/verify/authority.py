"""The authority of each entry and access record against the grants in the audit chain.

Every act carries the roles and places of its actor, and the number of the audit row that grants
them. That row must grant exactly these to that account, and be in force at the time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from api.access.account import PASSWORD, rights_text
from api.access.account_events import CONSOLE
from api.access.account_history import is_account_change
from api.core.principal import Role
from api.ledger.entries import Kind
from api.ledger.findings import Report

#: The roles that a release ever allowed to write an entry of a kind. A role that may no longer do
#: it stays here, because entries of that time stay.
ROLES_OF_KIND: Mapping[Kind, frozenset[Role]] = {
    "DECISION": frozenset({"officer"}),
    "REPEATED": frozenset({"officer"}),
    "REVIEW_REQUESTED": frozenset({"officer"}),
    "REVIEW_CLAIMED": frozenset({"reviewer"}),
    "REVIEW_ASSIGNED": frozenset({"head", "reviewer"}),
    "REVIEW_DECIDED": frozenset({"reviewer"}),
    "OVERRIDDEN": frozenset({"reviewer"}),
    "DISBURSEMENT_PROPOSED": frozenset({"officer"}),
    "DISBURSED": frozenset({"officer", "reviewer"}),
    "CANCELLATION_PROPOSED": frozenset({"officer"}),
    "DISBURSEMENT_CANCELLED": frozenset({"officer", "reviewer"}),
    "PROPOSAL_WITHDRAWN": frozenset({"officer", "reviewer"}),
    "REPAID": frozenset({"officer"}),
    "REPAYMENT_CANCELLED": frozenset({"officer"}),
    "BANK_REPORTED": frozenset(),
    "DIFFERENCE_SETTLED": frozenset({"reviewer"}),
    "CONSENT_GIVEN": frozenset({"officer"}),
    "CONSENT_WITHDRAWN": frozenset({"officer"}),
    "VISITED": frozenset({"officer"}),
    "VISIT_WITHDRAWN": frozenset({"officer"}),
    "EXPORTED": frozenset({"officer"}),
    "ERASED": frozenset({"reviewer"}),
}
#: Kinds that commands of the console write: no account, and so no authority, acts there.
BY_CONSOLE: frozenset[Kind] = frozenset({"BANK_REPORTED"})
#: The service reads accounts again after seconds, and after a failure of its database at the latest
#: after half a minute. An act soon after a change of its account may follow the older rights.
_GRACE = timedelta(seconds=60)


class _Authority(NamedTuple):
    grant: int
    roles: frozenset[str]
    places: tuple[str, ...]


@dataclass
class _Use:
    """The acts of one actor under one authority: the first, and the time of the last."""

    name: str
    seq: int | None
    last_at: str


@dataclass
class Uses:
    """Which actors used which authority; `add` reports acts that the authority does not allow."""

    by_authority: dict[tuple[str, str], _Use] = field(default_factory=dict)
    is_begun: bool = False

    def add_entry(self, row: Mapping[str, Any], report: Report) -> None:
        """Add the entry `row`; from the first entry with an authority on, each must have one."""
        seq, actor, text = row["seq"], row["actor"], row["authority"]
        if text is None:
            is_console = row["kind"] in BY_CONSOLE and str(actor).partition(":")[0] == CONSOLE
            if self.is_begun and not is_console:
                what = f"entry {seq}: {actor} acted without roles granted in the audit"
                report.add("authority", seq, what)
            return
        self.is_begun = True
        authority = _read(text)
        allowed = ROLES_OF_KIND.get(row["kind"], frozenset())
        if authority and allowed.isdisjoint(authority.roles):
            report.add(
                "authority",
                seq,
                f"entry {seq} ({row['kind']}): {actor} acted as {', '.join(authority.roles)}, which"
                f" may not do this",
            )
        elif authority and not str(row["place_code"]).startswith(authority.places):
            what = f"entry {seq}: {actor} acted outside the places of the account"
            report.add("authority", seq, what)
        self._add(actor, text, f"entry {seq}", seq, row["recorded_at"])

    def add_access(self, row: Mapping[str, Any]) -> None:
        """Add the access record `row`."""
        if row["authority"] is not None:
            name = f"audit row {row['number']}"
            self._add(row["actor"], row["authority"], name, None, row["accessed_at"])

    def _add(self, actor: str, text: str, name: str, seq: int | None, at: str) -> None:
        use = self.by_authority.setdefault((actor, text), _Use(name, seq, at))
        use.last_at = max(use.last_at, at)


def verify_authority(uses: Uses, grants: Iterable[Mapping[str, Any]], report: Report) -> None:
    """Verify each authority that was used against the audit rows that grant rights, in order."""
    by_number, superseded, last = {}, dict[int, str](), dict[str, int]()
    for row in grants:
        by_number[row["number"]] = row
        if is_account_change(row):
            if row["account"] in last:
                superseded[last[row["account"]]] = row["accessed_at"]
            last[row["account"]] = row["number"]
    for (actor, text), use in uses.by_authority.items():
        defect = _defect(actor, _read(text), by_number, superseded, use)
        if defect:
            what = f"{use.name}: {actor} acted by rights that {defect}; find out who granted them"
            report.add("authority", use.seq, what)


def _defect(
    actor: str,
    authority: _Authority | None,
    grants: Mapping[int, Mapping[str, Any]],
    superseded: Mapping[int, str],
    use: _Use,
) -> str | None:
    if authority is None:
        return "are not in a form that this version knows"
    grant = grants.get(authority.grant)
    if grant is None or grant["account"] != actor:
        return "no row of the audit grants to that account"
    granted = str(grant["detail"]).split(PASSWORD)[0]
    used = rights_text(authority.roles, authority.places)
    if used != granted:
        return f"audit row {authority.grant} does not grant: it says {granted}, not {used}"
    until = superseded.get(authority.grant)
    if until and _later(use.last_at, until):
        return f"ended with the change of the account on {until}, but were used on {use.last_at}"
    return None


def _later(moment: str, until: str) -> bool:
    try:
        return datetime.fromisoformat(moment) - datetime.fromisoformat(until) > _GRACE
    except (ValueError, TypeError):
        return False  # The digest of the row shows that it was altered.


def _read(text: object) -> _Authority | None:
    try:
        fields = json.loads(str(text))
        roles = frozenset(str(role) for role in fields["roles"])
        return _Authority(int(fields["grant"]), roles, tuple(map(str, fields["places"])))
    except (ValueError, TypeError, KeyError):
        return None
