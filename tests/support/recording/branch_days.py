"""A few days at a branch over HTTP: decisions, reviews, payments, consent, export and erasure.

Each step has its own moment and its own name. The name is its idempotency key, its request id and
the seed of its random bytes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from api.access.account import Account
from api.access.accounts import Accounts
from api.access.issuer import Issuer
from api.core.principal import Role
from api.core.settings import Settings
from api.server.app import create_app
from tests.support.recording.fixed_time import Moment, fixed_time
from tests.support.recording.sentences import without_sentences

_START = datetime(2023, 10, 9, 2, tzinfo=UTC)
_NOTE = "已到大棚实地查看，收入与流水相符"
#: Account → roles and places.
_ACCOUNTS: Mapping[str, tuple[tuple[Role, ...], tuple[str, ...]]] = {
    "officer-1": (("officer",), ("",)),
    "officer-2": (("officer",), ("371524", "371525100")),
    "reviewer-1": (("reviewer",), ("",)),
    "reviewer-2": (("reviewer",), ("",)),
    "auditor-1": (("auditor",), ("",)),
    "analyst-1": (("analyst",), ("",)),
    "operator-1": (("operator", "admin"), ("",)),
}
_SIGN_IN = "grant_type=password&username=nobody-here&password=wrong-one"
_WITH_A_LIMIT, _ANOTHER = "M371500000041", "M371500000016"
_REFERRED, _DECLINED = "M371500000030", "M371500000034"
_ERASED, _WITHOUT_CONSENT = "M371500000026", "M371500000031"


@dataclass(frozen=True)
class Step:
    """One request.

    Attributes
    ----------
    address : str
        May refer to fields of earlier answers: ``{step.field}``.
    key : str
        The idempotency key, if it differs from the step's name.
    later : timedelta
        Time since the previous step.
    """

    name: str
    account: str
    method: str
    address: str
    body: Any = None
    key: str = ""
    later: timedelta = timedelta(minutes=7)


def _ask(name: str, account: str, member: str, yuan: int, key: str = "") -> Step:
    body = {"member_id": member, "amount_yuan": yuan, "months": 12, "purpose": "inputs"}
    return Step(name, account, "POST", "/v1/decisions", body, key)


def _get(name: str, account: str, address: str) -> Step:
    return Step(name, account, "GET", address)


def _rule(
    name: str, account: str, address: str, verdict: str, yuan: int | None, reason: str
) -> Step:
    body = {"verdict": verdict, "amount_yuan": yuan, "reason_code": reason, "note": _NOTE}
    return Step(name, account, "POST", address, body)


_PAY = "/v1/decisions/{granted.decision_id}/disbursements"
DAYS: Sequence[Step] = (
    _get("no-token", "", "/v1/me"),
    Step("wrong-password", "", "POST", "/v1/token", _SIGN_IN),
    _get("who-am-i", "officer-1", "/v1/me"),
    # An approval: requested, retried, requested under another key, paid out in parts.
    _ask("granted", "officer-1", _WITH_A_LIMIT, 9_000),
    _ask("granted-again", "officer-1", _WITH_A_LIMIT, 9_000, key="granted"),
    _ask("key-reused", "officer-1", _WITH_A_LIMIT, 9_001, key="granted"),
    _ask("same-question", "officer-1", _WITH_A_LIMIT, 9_000),
    Step("paid-first", "officer-1", "POST", _PAY, {"amount_yuan": 4_000}),
    Step("paid-second", "officer-1", "POST", _PAY, {"amount_yuan": 3_000}),
    Step("paid-too-much", "officer-1", "POST", _PAY, {"amount_yuan": 5_000}),
    Step("paid-back", "officer-1", "POST", f"{_PAY}/1/cancellation"),
    Step("paid-back-again", "officer-1", "POST", f"{_PAY}/1/cancellation"),
    # A decline: explained, then reviewed by a person.
    _ask("declined", "officer-1", _DECLINED, 6_000),
    _get("declined-why", "officer-1", "/v1/decisions/{declined.decision_id}/explanation?lang=en"),
    Step(
        "review-asked", "officer-1", "POST", "/v1/decisions/{declined.decision_id}/review-requests",
        {"statement": "去年遭受雹灾，今年已恢复生产"},
    ),
    _get("queue", "reviewer-1", "/v1/reviews"),
    Step("claimed", "reviewer-1", "POST", "/v1/reviews/{declined.decision_id}/claim"),
    Step("claimed-by-two", "reviewer-2", "POST", "/v1/reviews/{declined.decision_id}/claim"),
    _rule(
        "reviewed", "reviewer-1", "/v1/reviews/{declined.decision_id}/verdict",
        "APPROVE", 3_000, "INCOME_VERIFIED",
    ),
    # A referral above the amount that one person may approve.
    _ask("referred", "officer-1", _REFERRED, 40_000),
    Step("referred-claim", "reviewer-1", "POST", "/v1/reviews/{referred.decision_id}/claim"),
    _rule(
        "first-of-two", "reviewer-1", "/v1/reviews/{referred.decision_id}/verdict",
        "APPROVE", 35_000, "VISIT_CONFIRMS",
    ),
    Step("second-claim", "reviewer-2", "POST", "/v1/reviews/{referred.decision_id}/claim"),
    _rule(
        "second-of-two", "reviewer-2", "/v1/reviews/{referred.decision_id}/verdict",
        "APPROVE", 32_000, "VISIT_CONFIRMS",
    ),
    # An approval that is overridden; first with a reason that does not allow it.
    _ask("overruled", "officer-2", "M371500000035", 5_000),
    _rule(
        "unfounded", "reviewer-2", "/v1/decisions/{overruled.decision_id}/override",
        "DECLINE", None, "INCOME_VERIFIED",
    ),
    _rule(
        "override", "reviewer-2", "/v1/decisions/{overruled.decision_id}/override",
        "DECLINE", None, "ADVERSE_NEWS",
    ),
    _ask("not-their-place", "officer-2", _WITH_A_LIMIT.replace("41", "01"), 5_000),
    # Consent withdrawn and given again; a member who never gave it.
    Step(
        "withdrawn", "officer-1", "POST", f"/v1/members/{_ANOTHER}/consents/withdrawal",
        {"evidence": "paper"},
    ),
    _ask("asked-without-consent", "officer-1", _ANOTHER, 8_000),
    Step("given", "officer-1", "POST", f"/v1/members/{_ANOTHER}/consents", {"evidence": "voice"}),
    Step("given-twice", "officer-1", "POST", f"/v1/members/{_ANOTHER}/consents",
         {"evidence": "voice"}),
    _ask("asked-with-consent", "officer-1", _ANOTHER, 8_000),
    Step("first-word", "officer-1", "POST", f"/v1/members/{_WITHOUT_CONSENT}/consents",
         {"evidence": "electronic"}),
    _ask("asked-after-word", "officer-1", _WITHOUT_CONSENT, 8_000),
    # Rights of the person: export and erasure.
    _get("exported", "officer-1", f"/v1/members/{_ANOTHER}/export"),
    _ask("to-be-erased", "officer-1", _ERASED, 5_000),
    Step("owes", "reviewer-1", "POST", f"/v1/members/{_WITH_A_LIMIT}/erasure"),
    Step("erased", "reviewer-1", "POST", f"/v1/members/{_ERASED}/erasure"),
    _ask("comes-back", "officer-1", _ERASED, 5_000),
    # Requests that are refused.
    _ask("auditors-decide-nothing", "auditor-1", _ANOTHER, 5_000),
    _ask("unknown-member", "officer-1", "M999999999999", 5_000),
    _ask("too-much", "officer-1", _ANOTHER, 10**9),
    _get("no-such-decision", "officer-1",
         "/v1/decisions/00000000-0000-4000-8000-000000000000"),
    _get("no-such-parameter", "auditor-1", "/v1/whitelist?colour=red"),
    # Six weeks later the decisions have expired.
    Step(
        "paid-too-late", "officer-1", "POST",
        "/v1/decisions/{asked-with-consent.decision_id}/disbursements", {"amount_yuan": 1_000},
        later=timedelta(days=42),
    ),
)  # fmt: skip

#: Reads at the end of the days, repeated on a recorded ledger.
READS: Sequence[Step] = (
    *(
        _get(f"look-at-{name}", "auditor-1", f"/v1/decisions/{{{name}.decision_id}}")
        for name in (
            "granted", "declined", "referred", "overruled", "asked-without-consent",
            "asked-with-consent", "to-be-erased", "comes-back",
        )
    ),
    *(
        _get(f"why-{name}-{lang}", "reviewer-1",
             f"/v1/decisions/{{{name}.decision_id}}/explanation?lang={lang}")
        for name in ("granted", "referred", "overruled", "asked-without-consent")
        for lang in ("zh", "en")
    ),
    _get("payments", "auditor-1", _PAY),
    _get("consents", "auditor-1", f"/v1/members/{_ANOTHER}/consents"),
    _get("member", "officer-1", f"/v1/members/{_WITH_A_LIMIT}"),
    _get("whitelist", "officer-2", "/v1/whitelist?tier=FIRST&page_size=5"),
    _get("funnel", "analyst-1", "/v1/whitelist/funnel"),
    _get("portfolio", "analyst-1", "/v1/portfolio"),
    _get("portfolio-own", "officer-2", "/v1/portfolio?level=village"),
    _get("reviews", "reviewer-1", "/v1/reviews"),
    _get("overrides", "auditor-1", "/v1/overrides"),
    _get("webhooks", "operator-1", "/v1/webhooks"),
    _get("policy", "analyst-1", "/v1/policy"),
    _get("scorecard", "analyst-1", "/v1/scorecard"),
    _get("problem", "", "/problems/own-case"),
    _get("root", "", "/"),
    _get("live", "", "/live"),
)  # fmt: skip
#: Reads of the access record, which grows with every read.
AUDIT: Sequence[Step] = (
    _get("audit-of-member", "auditor-1", f"/v1/accesses?member_id={_ANOTHER}"),
    _get("audit", "auditor-1", "/v1/accesses"),
)

Answers = dict[str, Any]


def run_days(home: Path) -> Answers:
    """Create the accounts of `home` and run all steps there; return each answer."""
    with fixed_time() as moment:
        return asyncio.run(_run(home, moment, (*DAYS, *READS, *AUDIT), {}, new=True))


def read_again(home: Path, earlier: Answers) -> Answers:
    """Repeat the reads at the same moments in a home where the days are over."""
    with fixed_time() as moment:
        start = _START + sum((step.later for step in DAYS), timedelta())
        return asyncio.run(_run(home, moment, READS, earlier, start=start))


def write_again(home: Path, earlier: Answers) -> Answers:
    """Retry an old request and make a new decision in a home where the days are over."""
    steps = (
        _ask("granted-again", "officer-1", _WITH_A_LIMIT, 9_000, key="granted"),
        _ask("goes-on", "officer-1", "M371500000047", 7_000),
    )
    with fixed_time() as moment:
        start = _START + timedelta(days=60)
        return asyncio.run(_run(home, moment, steps, earlier, start=start))


async def _run(
    home: Path,
    moment: Moment,
    steps: Sequence[Step],
    earlier: Answers,
    *,
    start: datetime = _START,
    new: bool = False,
) -> Answers:
    moment.step("accounts", start)
    # The recorded edition is of a release that did not sign editions.
    settings = Settings(home, allow_unsigned_editions=True)
    tokens = _tokens(settings, new=new)
    app = create_app(settings)
    answers: Answers = {}
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        for step in steps:
            moment.step(step.name, moment.now + step.later)
            answers[step.name] = await _send(client, step, tokens, earlier | answers)
    return answers


async def _send(
    client: httpx.AsyncClient, step: Step, tokens: Mapping[str, str], earlier: Answers
) -> dict[str, Any]:
    headers = {"X-Request-Id": f"recorded-{step.name}"}
    if step.account:
        headers["Authorization"] = f"Bearer {tokens[step.account]}"
    if step.method == "POST":
        headers["Idempotency-Key"] = step.key or step.name
    content: dict[str, Any] = {"json": step.body} if step.body is not None else {}
    if isinstance(step.body, str):
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        content = {"content": step.body}
    address = re.sub(r"\{([\w-]+)\.(\w+)\}", lambda at: earlier[at[1]]["body"][at[2]], step.address)
    answer = await client.request(step.method, address, headers=headers, **content)
    return {
        "status": answer.status_code,
        "type": answer.headers.get("Content-Type"),
        "replayed": answer.headers.get("Idempotent-Replayed"),
        "body": without_sentences(answer.json()) if answer.content else None,
    }


def _tokens(settings: Settings, *, new: bool) -> dict[str, str]:
    """Return a token of each account; a `new` home first gets its accounts and account events."""
    with closing(Accounts(settings)) as accounts:
        accounts.prepare()
        if new:
            new_accounts = [
                Account(name, "no password fits this", frozenset(roles), places)
                for name, (roles, places) in _ACCOUNTS.items()
            ]
            leaving = Account("officer-9", "none", frozenset({"officer"}), ("371502",))
            accounts.add([*new_accounts, leaving], "recorder")
            accounts.change(
                "officer-9",
                "account_changed",
                "recorder",
                lambda was: replace(was, places=("371503", "371521")),
            )
            accounts.change(
                "officer-9",
                "account_disabled",
                "recorder",
                lambda was: replace(was, is_enabled=False),
            )
        issuer = Issuer(settings.home)
        return {account.name: issuer.token(account) for account in accounts.all()}
