"""Response bodies of a member, the whitelist and its funnel."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.cases.schemas import CapacityShape, CountedShape, ProposalShape, RestShape
from api.decisions.schemas import Bound, Digest, KnockOutShape, ReasonShape, Repayment, Tier
from api.http.fields import EXPECTED, MEMBER_ID
from api.http.schemas import CountShape, strict_with_example


class IdentityShape(BaseModel):
    """The member's masked identity: enough to distinguish two members, too little to misuse."""

    name: str | None = Field(examples=["张**"])
    id_number: str | None = Field(examples=["999***********123X"])
    phone: str | None = Field(examples=["138****1234"])


class PlaceShape(BaseModel):
    """The member's village: its code and its names in the archive."""

    village_code: str
    county: str | None
    township: str | None
    village: str | None


class StandingShape(BaseModel):
    """A member's standing in the edition."""

    member_id: str
    tier: Tier
    points: int | None = Field(description="null if the member may not be scored (no consent)")
    pd: float | None = Field(description="probability of default, 0 to 1")
    grade: str | None
    limit_yuan: int = Field(description="0 without an offer")
    annual_rate: float | None
    months: int | None = Field(description="term that fits the household's calendar")
    repayment: Repayment | None
    limit_bound_by: Bound | None


class WhitelistRow(StandingShape):
    """One row of the whitelist, as ``rongzi whitelist`` writes it."""

    reason_1: str | None
    reason_2: str | None
    reason_3: str | None
    reason_4: str | None
    knock_outs: list[str] = Field(description="codes of every rule that matched")
    county_code: str
    township_code: str
    village_code: str
    as_of: date
    policy_digest: Digest
    card_digest: Digest


class WhitelistPage(BaseModel):
    """One page of the whitelist, by village and member id."""

    rows: list[WhitelistRow]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )


class MemberShape(StandingShape):
    """A member: masked identity, standing, and the profile behind the standing."""

    identity: IdentityShape
    place: PlaceShape
    reasons: list[ReasonShape] = Field(max_length=4)
    knock_outs: list[KnockOutShape]
    profile: dict[str, bool | float | str | None] = Field(
        description="attributes by name on the edition's date; null where missing"
    )
    as_of: date
    policy_digest: Digest
    card_digest: Digest


class SearchRequest(BaseModel):
    """What is known of the person at the counter; every field given must match."""

    model_config = strict_with_example(name="张三", village="西刘村")

    id_number: Annotated[
        str | None,
        Field(min_length=15, max_length=24, description=EXPECTED["id_number"].en),
    ] = None
    phone: Annotated[
        str | None, Field(min_length=7, max_length=24, description=EXPECTED["phone"].en)
    ] = None
    name: Annotated[
        str | None, Field(min_length=1, max_length=64, description=EXPECTED["name"].en)
    ] = None
    village: Annotated[
        str | None, Field(min_length=1, max_length=64, description=EXPECTED["village_named"].en)
    ] = None
    cursor: Annotated[str | None, Field(pattern=MEMBER_ID, description=EXPECTED["cursor"].en)] = (
        None
    )

    @property
    def of_person(self) -> dict[str, str]:
        """The fields that are looked up in the blind index."""
        fields = {"id_number": self.id_number, "phone": self.phone, "name": self.name}
        return {name: text for name, text in fields.items() if text is not None}


class FoundMember(BaseModel):
    """A person found: enough to choose the right one."""

    member_id: str
    identity: IdentityShape
    place: PlaceShape
    tier: Tier
    limit_yuan: int = Field(description="0 without an offer")
    has_consent: bool = Field(description="without consent in force nothing is shown of a tier")


class SearchPage(BaseModel):
    """The people found in the caller's places, by village and member id."""

    as_of: date
    rows: list[FoundMember]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )


class SheetRow(BaseModel):
    """A member on the sheet of a village, as the member's own page shows them."""

    member_id: str
    identity: IdentityShape
    place: PlaceShape
    tier: Tier
    limit_yuan: int = Field(description="0 without an offer")
    months: int | None = Field(description="term that fits the household's calendar")
    has_consent: bool = Field(description="whether consent is in force")
    verify: list[str] = Field(
        description="rules that matched, income that is only declared, and what no record tells"
    )


class VillageSheet(BaseModel):
    """One page of a village's members for a visit, by member id."""

    village_code: str
    lang: Literal["zh", "en"]
    as_of: date
    rows: list[SheetRow]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )


class HouseholdShape(BaseModel):
    """The member's place in the household, without the data of anyone else in it."""

    member_id: str
    as_of: date
    members_in_archive: int = Field(description="members of the household, this one included")
    borrower: Literal["THIS_MEMBER", "ANOTHER_MEMBER", "NOBODY"] | None = Field(
        description="who of the household may borrow: one member at a time; null without consent"
    )
    zh: str
    en: str


class MonthShape(BaseModel):
    """One month of the household's year, in yuan."""

    month: date = Field(description="its first day")
    income_yuan: int = Field(description="what counts of the income")
    costs_yuan: int = Field(description="living costs and rent, a twelfth of the year's")
    debts_yuan: int = Field(description="repayments of running loans, a twelfth of the year's")
    loan_yuan: int = Field(description="what a loan of the whole limit would cost in the month")


class MemberExplanation(BaseModel):
    """A member's standing explained, in one language, before any request."""

    member_id: str
    lang: Literal["zh", "en"]
    as_of: date
    points: int | None = Field(description="null if the member may not be scored (no consent)")
    cut_offs: dict[str, int] = Field(description="points from which a tier begins, by tier")
    standing: str | None
    counted: list[CountedShape] = Field(max_length=5, description="strongest first")
    rest: RestShape | None = Field(description="null: `counted` is the whole difference")
    missing: list[str]
    rules: list[str]
    proposals: list[ProposalShape]
    no_proposal: str | None = Field(description="why there is no proposal")
    capacity: CapacityShape | None = Field(
        description="null without a score, and under a policy of before October 2023"
    )
    season: list[MonthShape] = Field(
        description="twelve months from `as_of`; none without a score, as for `capacity`"
    )


class TierChange(BaseModel):
    """One member whose tier changed since the edition before."""

    member_id: str
    name: str | None = Field(description="masked; null for who left the archive")
    phone: str | None = Field(
        description="masked, so that people of like names are told apart; null where unknown"
    )
    village_code: str
    change: Literal["ENTERS", "LEAVES", "RISES", "FALLS"] = Field(
        description="into the first tier, out of it, up or down outside it"
    )
    reason: str
    zh: str
    en: str
    tier_before: Tier | None = Field(description="null for who is new in the archive")
    tier_after: Tier | None = Field(description="null for who left the archive")
    points_before: int | None
    points_after: int | None


class ChangesPage(BaseModel):
    """One page of changes of tier, by village and member id."""

    as_of: date
    since: date | None = Field(description="day of the edition before; null for the first")
    rows: list[TierChange]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )


class FunnelRow(BaseModel):
    """One place's funnel: archive, consent, eligibility, tiers, applications, disbursement."""

    place_code: str = Field(
        description="6 digits for a county, 9 for a township, 12 for a village; '' for the total"
    )
    county: str | None
    township: str | None
    village: str | None
    members: int | None = Field(description="first + second + third + none; null: few persons")
    consenting: int | None
    eligible: int | None = Field(description="first + second + third")
    first: int | None
    second: int | None
    third: int | None
    none: int | None
    applied: int | None
    borrowers: int | None
    borrowers_this_year: int | None = Field(
        default=None, description="absent in an edition that does not count them"
    )
    disbursed_yuan: int | None
    disbursed_this_year_yuan: int | None
    latitude: float | None = Field(
        default=None,
        description="degrees, mean of the place's stations; null: not known; absent: of no place",
    )
    longitude: float | None = None


class FunnelShape(BaseModel):
    """The funnel of every place of one level."""

    as_of: date
    level: str
    counts: list[CountShape] = Field(description="what each column counts")
    rows: list[FunnelRow]
