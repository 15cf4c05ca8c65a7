"""Request and response bodies of sign-in and audit."""

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
        str, Field(max_length=256, description="ignored: roles come from the account")
    ] = ""
    client_id: Annotated[str, Field(max_length=256, description="ignored")] = ""


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
    """The caller's account, roles and places."""

    subject: str = Field(examples=["officer-371502"])
    roles: list[Role]
    places: list[str] = Field(description="prefixes of place codes; '' means everywhere")


class AccessShape(BaseModel):
    """One access to personal data, or one event on an account."""

    number: int
    accessed_at: str = Field(examples=["2026-11-24T09:30:00.000000+00:00"])
    actor: str
    route: str = Field(examples=["get_member"], description="route, or event on an account")
    place_code: str = Field(description="the person's village, or the place of a list")
    persons: int = Field(description="number of people whose data the answer contained")
    member_index: str | None = Field(description="pseudonym of one person; null for a list")
    decision_id: str | None
    request_id: str | None
    account: str | None = Field(description="the account of an event; null for an access")
    detail: str | None = Field(description="rights of the account after the event")


class AccessPage(BaseModel):
    """One page of access records, latest first."""

    rows: list[AccessShape]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )
