"""One verification, in a process of its own: ``python -m api.verify.run``, its order on stdin.

It takes minutes on a large ledger and computes all the time, so it must neither hold the service's
interpreter lock nor outlive its bound. The order comes on stdin, because it holds the database's
address; what was found goes into the file that the order names.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from api.ledger.chain import encode_json
from api.ledger.database import Location
from api.ledger.store import unreadable_message
from api.verify.editions import verify_editions
from api.verify.verify import verify_ledger
from data.storage.private_files import drafted
from model.errors import LedgerError

#: A verification that takes longer ends without a report; the command line has no bound.
MOST_SECONDS = 600
#: Requests come first.
_NICENESS = 10


def order_of(location: Location, home: Path, begun: dict[str, Any], into: Path) -> bytes:
    """Return the order to verify the ledger at `location` and the editions of `home`."""
    order = {
        "url": location.url.render_as_string(hide_password=False),
        "keys": str(location.keys),
        "outside": str(location.outside),
        "home": str(home),
        "begun": begun,
        "into": str(into),
    }
    return json.dumps(order).encode()


def write_state(into: Path, state: dict[str, Any]) -> None:
    """Write how a verification stands."""
    with drafted(into) as draft:
        draft.write_text(encode_json(state), encoding="utf-8")


def main() -> None:
    """Carry out the order on stdin within the bound."""
    signal.alarm(MOST_SECONDS)
    os.nice(_NICENESS)
    order = json.load(sys.stdin)
    begun_at = time.monotonic()
    outcome = _outcome(order)
    ended = {
        "ended_at": datetime.now(tz=UTC).isoformat(),
        "seconds": round(time.monotonic() - begun_at, 1),
    }
    write_state(Path(order["into"]), {**order["begun"], **ended, **outcome})


def _outcome(order: dict[str, Any]) -> dict[str, Any]:
    """Return the report, or why there is none."""
    location = Location(make_url(order["url"]), Path(order["keys"]), Path(order["outside"]))
    try:
        report = verify_ledger(location)
        verify_editions(Path(order["home"]), report)
    except DBAPIError as error:
        return {"failure": unreadable_message(error)}
    except LedgerError as error:
        return {"failure": str(error)}
    return {"report": {**asdict(report), "is_sound": report.is_sound}}


if __name__ == "__main__":
    main()
