"""The members whose erasure waits for the next edition, so that it does not name them as leaving.

```
<home>/editions/erasing.json    their member ids, mode 0600, until the edition in use is replaced
```
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from api.editions.manifest import editions_folder
from data.storage.private_files import drafted
from model.errors import EditionError

_ERASING = "erasing.json"
_MEMBER = "member_id"


def erasing(home: Path) -> frozenset[str]:
    """Return the members whose erasure waits for the next edition.

    Raises
    ------
    EditionError
        If the list cannot be read.
    """
    path = editions_folder(home) / _ERASING
    if not path.exists():
        return frozenset()
    try:
        return frozenset(map(str, json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise EditionError(
            f"{path}: cannot be read; remove it and run rongzi person erase again"
        ) from error


def without_erased(home: Path, rows: pa.Table) -> pa.Table:
    """Return `rows` of the edition before without the members whose erasure has begun."""
    gone = erasing(home)
    if not gone:
        return rows
    return rows.filter(pc.invert(pc.is_in(rows[_MEMBER], pa.array(sorted(gone)))))


def write_erasing(home: Path, members: Collection[str]) -> None:
    """Replace the list by `members`; without any there is no list."""
    path = editions_folder(home) / _ERASING
    if members:
        with drafted(path) as draft:
            draft.write_text(json.dumps(sorted(members)) + "\n", encoding="utf-8")
    else:
        path.unlink(missing_ok=True)
