"""What the routes of sign-in and audit take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.core.principal import Role

_Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Password = Annotated[str, StringConstraints(min_length=1, max_length=128)]


class TokenRequest(BaseModel):
    """The OAuth2 password form (RFC 6749, section 4.3.2)."""

    model_config = ConfigDict(extra="forbid")

    grant_type: Literal["password"]
    username: _Name
    password: _Password
    scope: Annotated[
        str, Field(max_length=256, description="taken and ignored: roles come from the account")
    ] = ""
    client_id: Annotated[str, Field(max_length=256, description="taken and ignored")] = ""


class TokenShape(BaseModel):
    """A token for the Authorization header of every other request."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="seconds", examples=[900])


class PasswordRequest(BaseModel):
    """A new password for the caller's own account."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"current_password": "the one that was handed out", "new_password": "a longer one"}
            ]
        },
    )

    current_password: _Password
    new_password: _Password


class CallerShape(BaseModel):
    """Who the service takes the caller for."""

    subject: str = Field(examples=["officer-371502"])
    roles: list[Role]
    places: list[str] = Field(description="prefixes of place codes; '' everywhere")


class AccessShape(BaseModel):
    """One look at a person's data, or one thing that happened to an account."""

    number: int
    accessed_at: str = Field(examples=["2026-11-24T09:30:00.000000+00:00"])
    actor: str
    route: str = Field(examples=["get_member"], description="or what happened to an account")
    place_code: str = Field(description="the person's village, or the place a list was about")
    persons: int = Field(description="how many people's data were told")
    member_index: str | None = Field(description="stands for one person; null for a list")
    decision_id: str | None
    request_id: str | None
    account: str | None = Field(description="the account that it happened to; null for a look")
    detail: str | None = Field(description="what the account may do from then on")


class AccessPage(BaseModel):
    """One page of the record of looks, latest first."""

    rows: list[AccessShape]
    next_cursor: str | None = Field(description="send as `cursor` for the next page; null: the end")
