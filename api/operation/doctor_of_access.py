"""What is unsafe about signing in to an installation: proxy, second factor, identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from api.core.settings import CLIENT_ID, ISSUER, JWKS, PROXIES, REDIRECT, OidcSettings, Settings
from api.editions.demo import demo_day
from api.operation.check import Check, note, ok, unsafe
from model.policy.controls import controls_on

#: Roles that approve money or what is signed, or give access.
_MIGHTY = frozenset({"admin", "head", "manager", "reviewer"})


def examine_access(settings: Settings, today: date) -> Iterator[Check]:
    """Examine what decides who may sign in."""
    yield from _proxy(settings)
    yield from _second_factor(settings, today)
    if settings.access.oidc:
        yield from _provider(settings.access.oidc)


def _proxy(settings: Settings) -> Iterator[Check]:
    if settings.access.trusted_proxies:
        yield ok("PROXY", "已指定可信代理", "a trusted proxy is named")
    else:
        yield unsafe(
            "PROXY", f"未设置 {PROXIES}：经代理的客户端会被视为同一来源，一人可使他人无法登录；"
            "如有代理请写明其地址",
            f"{PROXIES} is not set: behind a proxy all clients count as one source, and one of them"
            " can lock out the others; if there is a proxy, name its address",
        )  # fmt: skip


def _second_factor(settings: Settings, today: date) -> Iterator[Check]:
    if settings.access.oidc:
        yield note(
            "SECOND_FACTOR", "账号由身份提供方管理；请核对其是否要求第二因素",
            "an identity provider keeps the accounts; see that it asks for a second factor",
        )  # fmt: skip
        return
    without = sorted(_MIGHTY - controls_on(today).second_factor_roles)
    if demo_day(settings.home) is not None:
        yield note("SECOND_FACTOR", "演示环境不要求第二因素", "a demo asks for no second factor")
    elif without:
        roles = ", ".join(without)
        yield note(
            "SECOND_FACTOR", f"仅凭密码登录的角色：{roles}；请在管控 second_factor_roles 中列入",
            f"these roles sign in by a password alone: {roles}; adopt controls that name them in"
            " second_factor_roles (docs/use/administrator.md)",
        )  # fmt: skip
    else:
        yield ok("SECOND_FACTOR", "要求第二因素", "who approves or administers needs a code")


def _provider(oidc: OidcSettings) -> Iterator[Check]:
    addresses = {ISSUER: oidc.issuer, JWKS: oidc.jwks}
    addresses |= {REDIRECT: oidc.client.redirect} if oidc.client else {}
    plain = [name for name, each in addresses.items() if each.startswith("http://")]
    if plain:
        named = ", ".join(plain)
        yield unsafe(
            "PROVIDER", f"{named} 未使用 https，只可在本机试用；请改用 https 地址",
            f"{named}: not https, which serves a trial on this machine alone; name an https one",
        )  # fmt: skip
    elif oidc.client is None:
        yield note(
            "PROVIDER", f"未设置 {CLIENT_ID}：身份系统的人员不能登录工作台，只能用令牌调用接口",
            f"{CLIENT_ID} is not set: the provider's people call the API with its tokens, and"
            " nobody can sign in at the console",
        )  # fmt: skip
    else:
        yield ok(
            "PROVIDER", "身份系统的地址均为 https", "the provider's addresses are https, and ours"
        )
