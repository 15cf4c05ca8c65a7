"""What docs/use/deployment.md prints, so that what is measured and tested is what is printed."""

from __future__ import annotations

import re
from pathlib import Path

_NOTES = Path(__file__).parents[2] / "docs" / "use" / "deployment.md"


def printed(language: str, holding: str) -> str:
    """Return the one block of the notes in `language` that holds these words."""
    text = _NOTES.read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return str(found)
