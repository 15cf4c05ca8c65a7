"""The state of a decision: a fold over its ledger entries, and nothing else.

The fold is total: any sequence of entries gives a state. The commands decide what may be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal

from api.access.duties import DUTY_OF
from api.cases.money import Draw, Money, Pending, lapse_of
from api.core.calendar import date_in_china
from api.decisions.rulings import SECOND_NEEDED
from api.ledger.entries import Entry
from model.policy.controls import Duty

Status = Literal[
    "APPROVED", "WAITING", "CLAIMED", "WAITING_FOR_SECOND", "APPROVED_AFTER_REVIEW",
    "APPROVED_BY_OVERRIDE", "DECLINED", "DECLINED_AFTER_REVIEW", "DECLINED_BY_OVERRIDE", "EXPIRED",
]  # fmt: skip

APPROVING: tuple[Status, ...] = ("APPROVED", "APPROVED_AFTER_REVIEW", "APPROVED_BY_OVERRIDE")
DECLINING: tuple[Status, ...] = ("DECLINED", "DECLINED_AFTER_REVIEW", "DECLINED_BY_OVERRIDE")
#: States of a case in the review queue.
OPEN: tuple[Status, ...] = ("WAITING", "CLAIMED", "WAITING_FOR_SECOND")

_BY_OUTCOME: Mapping[str | None, Status] = {"APPROVE": "APPROVED", "REFER": "WAITING"}


@dataclass(frozen=True)
class DecisionState:
    """The state of a decision.

    Attributes
    ----------
    outcome : str
        The service's own answer.
    settled : Status
        The status that the last entry gave, regardless of the time since; see `status`.
    is_line : bool
        Whether it is a line of credit: what is repaid may be drawn again until its last day.
    approved_yuan : int
        Amount that may be drawn in total; 0 unless approved.
    approved_by : tuple of str
        Accounts of the people who approved; empty if the service approved.
    requested_by : frozenset of str
        Accounts that requested the decision or its review; they may not review it.
    valid_until : date
        The last day, in China, on which the approval may be drawn or the case reviewed.
    first_approval_yuan : int
        Amount that the first of two reviewers approved; 0 while no second one is needed.
    is_requested_by_member : bool
        Whether the member requested the review: then the case stays open until a verdict.
    approved_seq : int
        The entry that approved; 0 unless approved.
    claims : mapping of str to int
        How often each reviewer has claimed the case.
    duties : frozenset of (str, Duty)
        Who has done what on the case.
    entries : int
        Entries of the ledger on the decision.
    proposals : tuple of Pending
        What was proposed and not confirmed, lapsed or not.
    """

    decision_id: str = ""
    subject_id: str = ""
    place_code: str = ""
    outcome: str = "DECLINE"
    settled: Status = "DECLINED"
    decided_at: datetime | None = None
    asked_yuan: int = 0
    months: int = 0
    is_line: bool = False
    limit_yuan: int = 0
    approved_yuan: int = 0
    approved_by: tuple[str, ...] = ()
    requested_by: frozenset[str] = frozenset()
    valid_until: date = date.min
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    first_reviewer: str | None = None
    first_approval_yuan: int = 0
    is_requested_by_member: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    approved_seq: int = 0
    claims: Mapping[str, int] = field(default_factory=dict)
    duties: frozenset[tuple[str, Duty]] = frozenset()
    entries: int = 0
    proposals: tuple[Pending, ...] = ()

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> DecisionState:
        """Return the state after `entries`, oldest first, in time linear in their number."""
        state, money, count = cls(), Money(), 0
        duties: set[tuple[str, Duty]] = set()
        for entry in entries:
            count += 1
            step = _STEPS.get(entry.kind)
            state = step(state, entry) if step else state
            money.add(entry)
            if entry.kind in DUTY_OF:
                duties.add((entry.actor, DUTY_OF[entry.kind]))
        proposals = tuple(money.proposals.values())
        return replace(
            state,
            draws=tuple(money.draws),
            proposals=proposals,
            duties=frozenset(duties),
            entries=count,
        )

    @property
    def as_of(self) -> date:
        """The day of the edition that set the limit; the edition covers the time before it."""
        return _day(self.answer.get("as_of"), date.min)

    @property
    def drawn_yuan(self) -> int:
        """Amount drawn and not cancelled."""
        return sum(draw.amount_yuan for draw in self.draws if not draw.is_cancelled)

    @property
    def outstanding_yuan(self) -> int:
        """Principal drawn and not repaid on record."""
        return sum(draw.outstanding_yuan for draw in self.draws)

    @property
    def exposure_yuan(self) -> int:
        """Principal that counts as out: of each draw the larger figure until it is settled."""
        return sum(draw.exposure_yuan for draw in self.draws)

    @property
    def used_yuan(self) -> int:
        """What counts against the approval: of a line what is out, else what was drawn.

        Where the bank has more out than was drawn, that counts.
        """
        if self.is_line:
            return self.exposure_yuan
        drawn = {draw.number: 0 if draw.is_cancelled else draw.amount_yuan for draw in self.draws}
        return sum(max(drawn[draw.number], draw.exposure_yuan) for draw in self.draws)

    @property
    def committed_yuan(self) -> int:
        """What is approved, or more where the bank has more out.

        What a person settled as not out is less on a loan; on a line it may be drawn again.
        """
        out = self.exposure_yuan
        if self.is_line:
            return max(self.approved_yuan, out)
        settled = sum(min(draw.extra_yuan, 0) for draw in self.draws)
        return max(self.approved_yuan + settled, out + self.left_yuan)

    @property
    def left_yuan(self) -> int:
        """Amount that may still be drawn on this decision alone."""
        return max(self.approved_yuan - self.used_yuan, 0)

    def pending_yuan(self, now: datetime) -> int:
        """Return what is proposed to be paid out, and can be confirmed at `now`."""
        return sum(each.amount_yuan for each in self.awaiting(now) if each.number is None)

    def unpromised_yuan(self, now: datetime) -> int:
        """Return what may still be drawn on this decision alone, less what awaits confirmation."""
        return max(self.left_yuan - self.pending_yuan(now), 0)

    def status(self, now: datetime) -> Status:
        """Return the status at `now`: claims lapse and approvals expire."""
        if self.is_expired(now):
            return "EXPIRED"
        if self.settled in ("WAITING", "WAITING_FOR_SECOND") and self.claimant(now):
            return "CLAIMED"
        return self.settled

    def is_expired(self, now: datetime) -> bool:
        """Return whether the time to use or review it is over; a decline never expires."""
        if self.settled in DECLINING or (self.settled in OPEN and self.is_requested_by_member):
            return False
        return date_in_china(now) > self.valid_until

    def claimant(self, now: datetime) -> str | None:
        """Return the account whose claim on the case is valid at `now`; claims lapse by time."""
        if self.claimed_until is None or now >= self.claimed_until:
            return None
        return self.claimed_by

    def done_by(self, actor: str) -> set[Duty]:
        """Return the duties that an account has done on the case."""
        return {duty for who, duty in self.duties if who == actor}

    def awaiting(self, now: datetime) -> list[Pending]:
        """Return the proposals that can be confirmed at `now`."""
        return [each for each in self.proposals if now < each.until]

    def is_drawable(self, now: datetime) -> bool:
        """Return whether money may be paid out on it at `now`."""
        return self.status(now) in APPROVING


def _apply_decision(state: DecisionState, entry: Entry) -> DecisionState:
    answer = entry.body.get("answer", {})
    approves = entry.outcome == "APPROVE"
    return replace(
        state,
        decision_id=entry.decision_id or "",
        subject_id=entry.subject_id,
        place_code=entry.place_code,
        outcome=entry.outcome or "DECLINE",
        settled=_BY_OUTCOME.get(entry.outcome, "DECLINED"),
        decided_at=entry.recorded_at,
        asked_yuan=entry.amount_yuan or 0,
        months=entry.body.get("request", {}).get("months", 0),
        is_line=entry.body.get("request", {}).get("revolving", False),
        limit_yuan=answer.get("limit_yuan", 0),
        approved_yuan=(entry.amount_yuan or 0) if approves else 0,
        requested_by=state.requested_by | {entry.actor},
        valid_until=_day(answer.get("valid_until"), state.valid_until),
        answer=answer,
        approved_seq=entry.seq if approves else 0,
    )


def _apply_repeat(state: DecisionState, entry: Entry) -> DecisionState:
    return replace(state, requested_by=state.requested_by | {entry.actor})


def _apply_review_request(state: DecisionState, entry: Entry) -> DecisionState:
    return replace(
        state,
        settled="WAITING",
        requested_by=state.requested_by | {entry.actor},
        approved_yuan=0,
        is_requested_by_member=True,
        claimed_by=None,
        claimed_until=None,
    )


def _apply_claim(state: DecisionState, entry: Entry) -> DecisionState:
    claims = {**state.claims, entry.actor: state.claims.get(entry.actor, 0) + 1}
    return replace(state, claimed_by=entry.actor, claimed_until=lapse_of(entry), claims=claims)


def _apply_assignment(state: DecisionState, entry: Entry) -> DecisionState:
    return replace(state, claimed_by=entry.body.get("reviewer"), claimed_until=lapse_of(entry))


def _apply_verdict(state: DecisionState, entry: Entry) -> DecisionState:
    unclaimed = replace(state, claimed_by=None, claimed_until=None)
    amount = entry.amount_yuan or 0
    if entry.outcome == SECOND_NEEDED:
        return replace(
            unclaimed,
            settled="WAITING_FOR_SECOND",
            first_reviewer=entry.actor,
            first_approval_yuan=amount,
            valid_until=_day(entry.body.get("valid_until"), state.valid_until),
        )
    if entry.outcome == "APPROVE":
        first = (state.first_reviewer,) if state.first_reviewer else ()
        return _approve(unclaimed, entry, "APPROVED_AFTER_REVIEW", (*first, entry.actor))
    return replace(unclaimed, settled="DECLINED_AFTER_REVIEW", approved_yuan=0, approved_by=())


def _apply_override(state: DecisionState, entry: Entry) -> DecisionState:
    unclaimed = replace(state, claimed_by=None, claimed_until=None)
    if entry.outcome == "APPROVE":
        return _approve(unclaimed, entry, "APPROVED_BY_OVERRIDE", (entry.actor,))
    return replace(unclaimed, settled="DECLINED_BY_OVERRIDE", approved_yuan=0, approved_by=())


def _approve(
    state: DecisionState, entry: Entry, settled: Status, approved_by: tuple[str, ...]
) -> DecisionState:
    return replace(
        state,
        settled=settled,
        approved_yuan=entry.amount_yuan or 0,
        approved_by=approved_by,
        approved_seq=entry.seq,
        valid_until=_day(entry.body.get("valid_until"), state.valid_until),
    )


def _day(text: str | None, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise


_STEPS: Mapping[str, Callable[[DecisionState, Entry], DecisionState]] = {
    "DECISION": _apply_decision,
    "REPEATED": _apply_repeat,
    "REVIEW_REQUESTED": _apply_review_request,
    "REVIEW_CLAIMED": _apply_claim,
    "REVIEW_ASSIGNED": _apply_assignment,
    "REVIEW_DECIDED": _apply_verdict,
    "OVERRIDDEN": _apply_override,
}


def states_of(entries: Iterable[Entry]) -> list[DecisionState]:
    """Return the state of each decision among `entries`."""
    on_decisions = [entry for entry in entries if entry.decision_id]
    on_decisions.sort(key=lambda entry: entry.decision_id or "")
    return [
        DecisionState.of(group)
        for _, group in groupby(on_decisions, key=lambda entry: entry.decision_id)
    ]


def running_draws(state: DecisionState, today: date) -> list[Draw]:
    """Return the payments that are out; one without a day on which it is due ends with its term.

    What the bank's books show as owed runs whatever the calendar says.
    """

    def runs(draw: Draw) -> bool:
        if draw.due_on or draw.is_owed_at_bank:
            return True
        return _months_later(draw.on, state.months) > today

    return [draw for draw in state.draws if draw.exposure_yuan and runs(draw)]


def _months_later(day: date, months: int) -> date:
    """Return the first day of the month after the term of a loan of `months` from `day`."""
    year, month = divmod(day.year * 12 + day.month + months, 12)
    return date(year, month + 1, 1)
