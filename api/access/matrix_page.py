"""The page ``docs/access.md``: ``python -m api.access.matrix_page > docs/access.md`` renews it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from api.access.matrix import MATRIX, Rule
from api.core.principal import ROLES

_HEAD = """\
# Who may do what

Written by `python -m api.access.matrix_page` (`make docs`) from the declaration in
`api/access/matrix.py`; change it there, never here. One dependency of the whole application
enforces it (`api/access/enforce.py`); a route without an entry stops the start and fails a
test.

## Roles and places

| role | does |
|---|---|
| officer | asks for decisions, disburses, records consent, of members of their places |
| reviewer | claims and decides reviews, overrules, erases; four eyes above the policy's amount |
| analyst | reads counts, policy and scorecard; sees no person |
| auditor | reads every case and who looked at it; changes nothing |
| operator | reads counts, sees where events are sent; sees no person |
| admin | manages accounts on the console; sees no person |

A place is a code prefix: a county (6 digits), a township (9), a village (12), or everywhere. It
bounds every read, list, sum, export and write. An object outside is 404, in the same words and
by the same steps as one that does not exist; a list or a sum holds only what lies inside,
whatever filter is sent.

## Signing in, with accounts of this home

```
rongzi init [--demo]                  # the administrator; --demo: somebody of each role
rongzi users add NAME --role officer --place 371502     # the password is shown once
rongzi users list | grant | disable | enable | reset-password | unlock
curl -s http://127.0.0.1:8000/v1/token -d grant_type=password -d username=NAME \\
  --data-urlencode password=PASSWORD
```

- No password exists until `rongzi init` or `users` makes one: 100 random bits, shown once, kept
  as an argon2id hash. `POST /v1/password` lets its owner choose another of 12 to 128 characters.
- A token is good for 15 minutes: Ed25519, key `<home>/keys/token.pem` (0600, made at first use;
  removing it and restarting ends every session). It names the account and its version; roles and
  places are read from the account. So a change, `disable` or a new password ends what is out,
  within 2 seconds in every worker. With the database away, accounts are believed for 30 seconds
  as last seen, then nobody is.
- Five failed sign-ins in a row lock the name for 15 minutes, whether there is such an account or
  not; an attempt is counted before it is judged. One source may try 30 at once and 10 a minute
  in each worker. Unknown, disabled and mistaken are answered alike, after the same work.
- Whoever knows a name can lock it for 15 minutes: `rongzi users unlock NAME`, and keep the
  service off the open internet.

## Tokens of an identity provider (OIDC)

| setting | meaning |
|---|---|
| `RONGZI_OIDC_ISSUER` | `iss`, exactly; set, it replaces the accounts above |
| `RONGZI_OIDC_AUDIENCE` | `aud` of this service's access tokens |
| `RONGZI_OIDC_JWKS` | the provider's keys: an https address, or a file |
| `RONGZI_OIDC_ALGORITHMS` | signatures taken, `RS256` by default; only asymmetric ones can be set |
| `RONGZI_OIDC_ROLES`, `RONGZI_OIDC_PLACES` | claims, `roles` and `places` |
| `RONGZI_OIDC_ROLE_NAMES` | `loan-officers=officer,…` where the provider has names of its own |
| `RONGZI_OIDC_MOST_MINUTES` | longest life of a token, 60 |

A claim's name may descend by dots (`realm_access.roles`); place `*` is everywhere. Keys are
looked at every 5 minutes and at once for an unknown `kid` (at most every 10 seconds), within 3
seconds and 256 KiB, following no redirect. When the set changes, all tokens are checked anew.
While the provider is away its last keys hold for 24 hours, and a token with an unknown `kid` is
401; with no key known, every token is answered 503 `provider-away` with `Retry-After`. An
authority of your own is named by `SSL_CERT_FILE`.
`sub` is written into the ledger and must be a pseudonym, not an e-mail address or a person's
name.

## Limits and proxies

`RONGZI_RATE_PER_SECOND` (100) and `RONGZI_RATE_BURST` (1000) bound each caller in each worker;
more is 429 with `Retry-After`. `RONGZI_TRUSTED_PROXIES` (none) names the networks whose
`X-Forwarded-For` is believed for the limit by source; behind a proxy that is not named, all
callers are one source.

## Who looked

Each answered call of a route marked *recorded* below leaves a row in the append-only table
`accesses`: account, time, route, the member's blind index or the decision, village or place, how
many persons, request id. The row is durable before the answer is sent; without it there is no
answer. So does each write that is refused because of how things stand (409), for the refusal tells
that. A list leaves one row, with its place and how many it told of, not with whom. Auditors read
`GET /v1/accesses` within their places; a person's export tells who looked at
them, when and by which route.

Accounts too: added, changed, disabled, enabled, unlocked, a password changed or reset, a sign-in
that failed, a name that was locked; with who did it (`console:LOGIN` for `rongzi users`) and what
the account may do from then on. A name that no account has is not written down: people type
passwords there. These rows are of everywhere, so auditors of everywhere see them.

All rows are one hash chain; each commit seals its own (docs/ledger.md), so that not even the last
one can be cut off unseen. An account's row tells which password it has by a digest of its salted
hash, and `rongzi verify-ledger` holds the accounts against these rows: rights, password, state.
`rongzi init` and `rongzi users` sign with the ledger's key, so run them as the service's account on
the machine; on PostgreSQL with the owner's address of the database (docs/deployment.md).

## Routes

"""

_ROUTES = {
    "nothing": "–",
    "rows": "only rows of the caller's places",
    "everywhere": "for callers of everywhere",
}


def matrix_page() -> str:
    """Return the page: what this product does about access, and every route with its rule."""
    lines = [
        f"| route | {' | '.join(ROLES)} | bounded by place | |",
        "|" + "---|" * (len(ROLES) + 3),
    ]
    return _HEAD + "\n".join([*lines, *_rows()]) + "\n"


def _rows() -> Iterator[str]:
    for route, rule in MATRIX.items():
        may = [_may(rule, role in rule.roles) for role in ROLES]
        bound = _ROUTES.get(rule.bound, rule.bound)
        yield f"| `{route}` | {' | '.join(may)} | {bound} | {'recorded' if rule.personal else ''} |"


def _may(rule: Rule, is_named: bool) -> str:
    return "all" if rule.public else "yes" if is_named else ""


if __name__ == "__main__":
    sys.stdout.write(matrix_page())
