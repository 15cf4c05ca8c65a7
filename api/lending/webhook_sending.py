"""One event on its way: its body, its signature, one attempt to hand it over."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import ssl
import time
from urllib.parse import urlsplit

from api.ledger.entries import Outline
from api.lending.webhook_endpoints import Endpoint

ID, TIMESTAMP, SIGNATURE = "Rongzi-Event-Id", "Rongzi-Timestamp", "Rongzi-Signature"
SECONDS = 5.0


def event_body(entry: Outline) -> bytes:
    """Return what others are told of an entry: no note, no profile, nobody's identity."""
    told = {
        "event_id": entry.entry_id,
        "seq": entry.seq,
        "kind": entry.kind,
        "recorded_at": entry.recorded_at,
        "decision_id": entry.decision_id,
        "subject_id": entry.subject_id,
        "place_code": entry.place_code,
        "amount_yuan": entry.amount_yuan,
        "outcome": entry.outcome,
    }
    return json.dumps(told, separators=(",", ":")).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature header's value: HMAC-SHA256 over timestamp, a dot, and the body."""
    signed = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1={signed.hexdigest()}"


def send(endpoint: Endpoint, entry: Outline, seconds: float = SECONDS) -> str | None:
    """Hand over one event; return None for a receipt, else why not, in declared words."""
    body, timestamp = event_body(entry), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        ID: entry.entry_id,
        TIMESTAMP: timestamp,
        SIGNATURE: signature(endpoint.secret, timestamp, body),
    }
    parts = urlsplit(endpoint.url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, seconds)
    try:
        # Redirects are not followed: a signed event goes where the operator said, nowhere else.
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except TimeoutError:
        return "timeout"
    except (OSError, http.client.HTTPException):
        return "unreachable"
    finally:
        connection.close()
    return None if 200 <= status < 300 else f"status {status}"


def _connection(
    scheme: str, host: str, port: int | None, seconds: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, port, timeout=seconds)
