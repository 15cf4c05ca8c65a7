"""The sheet of a village for a visit: who is on its list, with tier, limit and what to verify."""

from __future__ import annotations

from api.access.erased import erased
from api.access.objects import entries_of_member
from api.cases.told import Language
from api.consent.consent import CONSENT, is_consent_in_force
from api.editions.edition import PlaceFilter, Row
from api.editions.in_use import Resources
from api.ledger.commands import View
from api.members.explanation import explain_member
from api.members.schemas import MemberExplanation, SheetRow, VillageSheet
from api.members.view import member_view
from model.decision.income_lines import DECLARED


def village_sheet(
    view: View, resources: Resources, village: str, after: Row | None, size: int, lang: Language
) -> VillageSheet:
    """Return up to `size` members of a village after the row `after`, by member id.

    Each row holds what the member's own page says: without consent, the lack of it alone. Who was
    erased since the edition is left out.
    """
    edition = resources.edition
    rows = edition.page(PlaceFilter(village=village), None, after, size + 1)
    members = [str(row["member_id"]) for row in rows[:size]]
    gone = erased(view, members, edition.manifest.day)
    return VillageSheet(
        village_code=village,
        lang=lang,
        as_of=edition.manifest.day,
        rows=[_row(view, resources, each, lang) for each in members if each not in gone],
        next_cursor=rows[size - 1]["member_id"] if len(rows) > size else None,
    )


def _row(view: View, resources: Resources, member_id: str, lang: Language) -> SheetRow:
    _, entries = entries_of_member(view, member_id, CONSENT)
    edition, terms = resources.edition, resources.policy.consent_terms
    has_consent = is_consent_in_force(entries, edition.profile(member_id), edition, terms)
    member = member_view(resources, member_id, has_consent=has_consent)
    return SheetRow(
        member_id=member_id,
        identity=member.identity,
        place=member.place,
        tier=member.tier,
        limit_yuan=member.limit_yuan,
        months=member.months,
        has_consent=has_consent,
        verify=_to_verify(explain_member(view, resources, member_id, lang)),
    )


def _to_verify(told: MemberExplanation) -> list[str]:
    """Return the rules that matched, income that is only declared, and what no record tells."""
    incomes = told.capacity.incomes if told.capacity else []
    declared = [each.text for each in incomes if each.evidence == DECLARED]
    return [*told.rules, *declared, *told.missing]
