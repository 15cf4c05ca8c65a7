"""Request and response bodies of sign-in, sessions and audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access.sessions import Session, Tokens
from api.core.principal import Role

_Name = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Password = Annotated[str, StringConstraints(min_length=1, max_length=128)]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
_RefreshToken = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class TokenRequest(BaseModel):
    """The OAuth 2.0 form: a password (RFC 6749, section 4.3.2) or a refresh token (section 6)."""

    model_config = ConfigDict(extra="forbid")

    # Text, not a choice: a client generated before there were two grants sends plain text.
    grant_type: Annotated[str, StringConstraints(pattern="^(password|refresh_token)$")]
    username: Annotated[_Name | None, Field(description="with grant_type password")] = None
    password: Annotated[_Password | None, Field(description="with grant_type password")] = None
    code: Annotated[
        _Code | None, Field(description="one-time code, if the account has a second factor")
    ] = None
    refresh_token: Annotated[
        _RefreshToken | None, Field(description="with grant_type refresh_token")
    ] = None
    scope: Annotated[
        str, Field(max_length=256, description="ignored: roles come from the account")
    ] = ""
    client_id: Annotated[str, Field(max_length=256, description="ignored")] = ""


class TokenShape(BaseModel):
    """A token for the Authorization header of every other request, and one to refresh both."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int = Field(description="seconds", examples=[900])
    refresh_token: str = Field(description="good once; a second use ends the session")
    refresh_expires_in: int = Field(description="seconds", examples=[1800])
    session_id: str

    @classmethod
    def of(cls, tokens: Tokens) -> Self:
        """Return the shape of `tokens`."""
        return cls(**vars(tokens))


class SessionShape(BaseModel):
    """A session that lives."""

    session_id: str
    account: str = Field(examples=["officer-371502"])
    started_at: datetime
    used_at: datetime = Field(description="when its tokens were last refreshed")
    ends_at: datetime = Field(description="when it ends at the latest")
    is_current: bool = Field(description="whether this request belongs to it")

    @classmethod
    def of(cls, session: Session, current: str | None) -> Self:
        """Return the shape of `session`; `current` is the session of the request."""
        return cls(**vars(session), is_current=session.session_id == current)


class EndedShape(BaseModel):
    """How many sessions were ended."""

    ended: int = Field(examples=[2])


class EnrolmentRequest(BaseModel):
    """Account and password of who enrols a second factor, which needs no token."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"username": "wang.li", "password": "the one that was handed out"}]
        },
    )

    username: _Name
    password: _Password


class ConfirmationRequest(EnrolmentRequest):
    """The same, with a code of the new secret."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"username": "wang.li", "password": "the one that was handed out", "code": "287082"}
            ]
        },
    )

    code: _Code


class EnrolmentShape(BaseModel):
    """A new secret, which is shown once and counts after its confirmation."""

    secret: str = Field(description="base 32, to be typed into an authenticator application")
    uri: str = Field(description="the same as an otpauth address, to be shown as a square code")


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
    detail: str | None = Field(
        description="rights of the account after the event, or the session that ended"
    )


class AccessPage(BaseModel):
    """One page of access records, latest first."""

    rows: list[AccessShape]
    next_cursor: str | None = Field(
        description="send as `cursor` for the next page; null on the last page"
    )
