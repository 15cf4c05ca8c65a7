"""Reports of imports, kept for whoever hands quarantine files back and asks what is late.

```
<home>/imports/<day>T<time>-<12 hex>.json   named after its time and the SHA-256 of its bytes
```

Reading them needs no more than the small install. Only their owner may read them: a branch may have
put a name into the name of a file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from data.storage.private_files import drafted
from model.errors import StorageError, disk_fault

FORMAT = "rongzi-import/1"
#: Folders of a home.
IMPORTS, QUARANTINE = "imports", "quarantine"
NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}-[0-9a-f]{12}")


@dataclass(frozen=True)
class KeptReport:
    """One import as it was reported.

    Attributes
    ----------
    imported_at : str
        When it ended, with its offset from UTC.
    report : mapping
        As `ImportReport.as_json`.
    """

    name: str
    imported_at: str
    report: Mapping[str, Any]

    def quarantine_of(self, number: int) -> tuple[str, int] | None:
        """Return name and rows of the quarantine file of file `number`, counted from 1."""
        files = self.report["files"]
        if not 1 <= number <= len(files) or files[number - 1]["quarantine"] is None:
            return None
        each = files[number - 1]
        return Path(each["quarantine"]).name, sum(t["quarantined"] for t in each["tables"])


def keep_report(folder: Path, report: Mapping[str, Any], now: datetime) -> Path:
    """Keep the report of an import that ended at `now` in `folder`; return its file.

    Raises
    ------
    StorageError
        If the disk is full or read-only, or the folder is another's.
    """
    kept = {"format": FORMAT, "imported_at": now.isoformat(timespec="seconds"), "report": report}
    # A file name may hold bytes that are no text; escape them.
    payload = json.dumps(kept, ensure_ascii=False).encode("utf-8", "backslashreplace")
    name = f"{now:%Y-%m-%dT%H%M%S}-{hashlib.sha256(payload).hexdigest()[:12]}"
    path = folder / f"{name}.json"
    try:
        with drafted(path) as draft:
            draft.write_bytes(payload)
    except OSError as error:
        raise StorageError(f"the report is not kept: {disk_fault(error)}") from error
    return path


def report_names(folder: Path) -> list[str]:
    """Return the names of the reports kept in `folder`, latest first."""
    found = folder.glob("*.json") if folder.is_dir() else ()
    return sorted((path.stem for path in found if NAME.fullmatch(path.stem)), reverse=True)


def read_report(folder: Path, name: str) -> KeptReport | None:
    """Return the report of that name; None if there is none.

    Raises
    ------
    StorageError
        If this account may not read it, or its bytes differ from its name.
    """
    path = folder / f"{name}.json"
    try:
        payload = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path}: {disk_fault(error)}") from error
    if not NAME.fullmatch(name) or hashlib.sha256(payload).hexdigest()[:12] != name[-12:]:
        raise StorageError(f"{path}: its bytes differ from its name; remove it")
    kept = json.loads(payload)
    if kept["format"] != FORMAT:
        raise StorageError(f"{path}: format {kept['format']!r} is unknown to this version")
    return KeptReport(name, kept["imported_at"], kept["report"])


def reports(folder: Path, most: int) -> Iterator[KeptReport]:
    """Yield the latest reports, at most that many; see `read_report`."""
    for name in report_names(folder)[:most]:
        if (found := read_report(folder, name)) is not None:
            yield found
