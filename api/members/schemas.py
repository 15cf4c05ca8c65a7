"""Response bodies of a member, the whitelist and its funnel."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from api.decisions.schemas import Bound, Digest, KnockOutShape, ReasonShape, Repayment, Tier


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


class FunnelRow(BaseModel):
    """One place's funnel: archive, consent, eligibility, tiers, applications, disbursement."""

    place_code: str = Field(
        description="6 digits for a county, 9 for a township, 12 for a village; '' for the total"
    )
    county: str | None
    township: str | None
    village: str | None
    members: int = Field(description="first + second + third + none")
    consenting: int
    eligible: int = Field(description="first + second + third")
    first: int
    second: int
    third: int
    none: int
    applied: int
    borrowers: int
    disbursed_yuan: int
    disbursed_this_year_yuan: int


class FunnelShape(BaseModel):
    """The funnel of every place of one level."""

    as_of: date
    level: str
    rows: list[FunnelRow]
