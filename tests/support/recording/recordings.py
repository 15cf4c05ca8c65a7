"""Read, write and compare the recordings in ``tests/recordings``.

A recording is what the code did before a change that must not alter behaviour. It is compared by
content: equal behaviour gives equal recordings on any machine with the locked packages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "recordings"


def read_recording(name: str) -> Any:
    """Return the recording `name` (without the file ending)."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def save(name: str, value: object) -> None:
    """Write the recording `name`, one value a line, so that a diff of it is readable."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def as_json(value: object) -> Any:
    """Return `value` after a round trip through JSON."""
    return json.loads(json.dumps(value, ensure_ascii=False))


def differences(before: Any, now: Any, where: str = "") -> list[str]:
    """Return the places where two JSON values differ, each with the old and the new value."""
    if isinstance(before, dict) and isinstance(now, dict):
        names = dict.fromkeys((*before, *now))
        pairs = [(f"{where}/{n}", before.get(n, _ABSENT), now.get(n, _ABSENT)) for n in names]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        both = zip(before, now, strict=True)
        pairs = [(f"{where}/{at}", *pair) for at, pair in enumerate(both)]
    else:
        same = type(before) is type(now) and before == now
        return [] if same else [f"{where}: was {before!r:.200}, is {now!r:.200}"]
    return [line for at, old, new in pairs for line in differences(old, new, at)]


def shape_of(value: Any) -> Any:
    """Return the fields of a JSON value with their types; of a list, those of its first item."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value[:1]]
    return type(value).__name__


_ABSENT = "nothing"
