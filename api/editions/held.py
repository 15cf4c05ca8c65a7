"""The last run that was held: what it would publish beyond the limits, until a person lets it pass.

It counts and names no person. A publication or a way back removes it, because it was compared with
the edition that was in use then.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from api.editions.change import Excess
from api.editions.manifest import editions_folder
from model.errors import EditionError
from model.profile.dictionary import Text

FORMAT = "rongzi-held/1"
HELD = "held.json"


@dataclass(frozen=True)
class Held:
    """An edition that was drafted and not published.

    Attributes
    ----------
    held_at : str
        When the run ended, in China.
    subject : str
        The digest that an order approves.
    previous : str or None
        The edition that it was compared with.
    counts : mapping of str to int
        As in a manifest.
    beyond_limits : tuple of Excess
        Why it is held.
    """

    held_at: str
    subject: str
    as_of: str
    previous: str | None
    counts: Mapping[str, int]
    beyond_limits: tuple[Excess, ...]


def hold(home: Path, held: Held) -> None:
    """Keep `held` in `home`, in place of the one before."""
    path = _path(home)
    draft = path.with_name(f".{HELD}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(json.dumps({"format": FORMAT, **asdict(held)}, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def held_edition(home: Path) -> Held | None:
    """Return the run that is held in `home`; None without one.

    Raises
    ------
    EditionError
        If what is kept of it cannot be read.
    """
    path = _path(home)
    try:
        spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if spec.pop("format") != FORMAT:
            raise ValueError("another format")
        beyond = [Excess(each["code"], Text(**each["text"])) for each in spec["beyond_limits"]]
        return Held(**{**spec, "beyond_limits": tuple(beyond)})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EditionError(f"{path}: cannot be read; run rongzi whitelist again") from error


def release(home: Path) -> None:
    """Forget the run that is held in `home`."""
    _path(home).unlink(missing_ok=True)


def _path(home: Path) -> Path:
    return editions_folder(home) / HELD
