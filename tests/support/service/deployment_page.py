"""The code blocks of docs/use/deployment.md, so that tests and benchmarks use them as printed."""

from __future__ import annotations

import re

from tests.support.paths import ROOT


def code_block(language: str, text: str) -> str:
    """Return the only block of the page in `language` that contains `text`."""
    page = (ROOT / "docs/use/deployment.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
    (found,) = [block for block in blocks if text in block]
    return str(found)
