"""A member's standing in the edition in use, explained before anybody asks for a loan."""

from __future__ import annotations

from api.access.objects import entries_of_member
from api.cases.told import Language, capacity_shape, told_fields
from api.consent.consent import CONSENT, is_consent_in_force, with_consent
from api.core.calendar import date_in_china
from api.decisions.profiles import by_consent_alone, has_consent, without_values
from api.editions.edition import Profile, Row, columns_of
from api.editions.in_use import Resources
from api.http.problem_kinds import UNKNOWN_MEMBER
from api.http.problems import ProblemError
from api.ledger.commands import View
from api.members.schemas import MemberExplanation, MonthShape
from api.visits.visits import VISITED, bearing, with_visits
from model.decision.decision import Request, decide
from model.explanation.explanation import explain
from model.explanation.nearest_changes import Basis
from model.explanation.season import Loan, season
from model.policy.policy import Policy
from model.profile.dictionary import member_dictionary

#: No rule of a request reads it.
_PURPOSE = "other"


def explain_member(
    view: View, resources: Resources, member_id: str, lang: Language
) -> MemberExplanation:
    """Return what counts for a member and what would lift the tier, with the household's year.

    Raises
    ------
    ProblemError
        If the member is not in the edition.
    """
    edition, policy = resources.edition, resources.policy
    profile, row = _profile(view, resources, member_id), edition.row(member_id) or {}
    is_scored = has_consent(profile, edition)
    columns, day = columns_of(edition.numbers, [profile]), edition.manifest.day
    request = _request(row, policy)
    decision = decide(columns, request, day, policy, resources.card.card)
    basis = Basis(day, policy, resources.card.card, member_dictionary())
    decision = decision if is_scored else by_consent_alone(decision, policy)
    told = explain(columns, decision, request, basis, is_asked=False)
    fields = told_fields(told, lang)
    fields.pop("alternatives")  # nobody asked for an amount or a term
    months = season(columns, day, policy, _loan(row)) if is_scored else []
    return MemberExplanation(
        member_id=member_id,
        lang=lang,
        as_of=day,
        points=decision.points,
        cut_offs=dict(policy.tiers),
        capacity=capacity_shape(columns, day, policy, request.months, lang) if is_scored else None,
        season=[MonthShape(**vars(month)) for month in months],
        **fields,
    )


def _profile(view: View, resources: Resources, member_id: str) -> Profile:
    """Return the profile that a decision would be made from at this moment."""
    edition = resources.edition
    profile = edition.profile(member_id)
    if profile is None:
        raise ProblemError(UNKNOWN_MEMBER)
    _, entries = entries_of_member(view, member_id, (*CONSENT, *VISITED))
    policy = resources.policy
    consent = is_consent_in_force(entries, profile, edition, policy.consent_terms)
    profile = with_consent(profile, edition, consent)
    if not has_consent(profile, edition):
        return without_values(profile, edition)
    visits = bearing(entries, date_in_china(view.now))
    return with_visits(view, profile, edition, visits, policy)[0]


def _request(row: Row, policy: Policy) -> Request:
    """Return a request for the smallest loan, which no limit excludes, over the offer's term."""
    months = row.get("months") or int(policy["standard_months"])
    return Request(int(policy["minimum_loan_yuan"]), months, _PURPOSE)


def _loan(row: Row) -> Loan | None:
    """Return the offer in the edition as a loan; None without an offer."""
    if not row.get("limit_yuan"):
        return None
    return Loan(row["limit_yuan"], row["annual_rate"], row["months"], row["repayment"])
