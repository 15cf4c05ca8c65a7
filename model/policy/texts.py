"""The YAML texts that policy is read from: those shipped, or those that a home adopted.

A process works for one home. `use` sets that home's texts before anything is read from them;
without it the shipped ones hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

#: Package of each shipped text, by file name.
FILES: Mapping[str, str] = {
    "policy.yaml": "model.policy",
    "controls.yaml": "model.policy",
    "publication.yaml": "model.policy",
    "reconciliation.yaml": "model.policy",
    "economics.yaml": "training.measures",
    "freshness.yaml": "model.policy",
    "retention.yaml": "model.policy",
    "gates.yaml": "training.gates",
    "limits.yaml": "training.monitoring",
}

_adopted: Mapping[str, str] = {}


def use(texts: Mapping[str, str]) -> None:
    """Read policy from `texts`, by file name, from now on; the shipped text where one is absent."""
    global _adopted
    _adopted = dict(texts)


def adopted() -> Mapping[str, str]:
    """Return the texts that `use` set, for another process that works for the same home."""
    return dict(_adopted)


def text_of(file: str) -> str:
    """Return the text in use of `file`, a name of `FILES`."""
    adopted = _adopted.get(file)
    return shipped_text(file) if adopted is None else adopted


@cache
def earlier_policies() -> tuple[str, ...]:
    """Return the text of ``policy.yaml`` of each earlier release, oldest first.

    An edition made under one of them serves on after an upgrade, until the next edition is made.
    """
    folder = resources.files("model.policy").joinpath("earlier")
    files = sorted((each for each in folder.iterdir()), key=lambda each: each.name)
    return tuple(each.read_text(encoding="utf-8") for each in files)


@cache
def shipped_text(file: str) -> str:
    """Return the text of `file` that is shipped with the product."""
    return resources.files(FILES[file]).joinpath(file).read_text(encoding="utf-8")
