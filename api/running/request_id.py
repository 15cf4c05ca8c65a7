"""The name of one request, in the log and in the answer's ``X-Request-Id``."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

HEADER = b"x-request-id"
# A letter besides X and no eleven digits in a row: neither an id number nor a phone number fits.
_SANE = re.compile(rb"(?=.*[a-wyzA-WYZ])(?!.*[0-9]{11})[A-Za-z0-9-]{8,64}")


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the caller's own id if it sent one that can be logged, else a new one."""
    given = next((value for name, value in headers if name == HEADER), b"")
    return given.decode("ascii") if _SANE.fullmatch(given) else uuid.uuid4().hex
