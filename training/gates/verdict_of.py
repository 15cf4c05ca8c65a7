"""From a measured value and its interval to pass, flag or fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.dictionary import Text
from training.gates.verdicts import Status, Verdict

Side = Literal["most", "least"]


@dataclass(frozen=True)
class Measured:
    """A value with the ends of its interval; equal to it where there is none."""

    value: float
    low: float
    high: float

    @staticmethod
    def exact(value: float) -> Measured:
        """Return a value that chance does not blur."""
        return Measured(value, value, value)

    @property
    def told(self) -> str:
        """The value, and its interval if it has one, for the reader."""
        if self.low == self.high:
            return f"{self.value:z.4f}"
        return f"{self.value:z.4f} ({self.low:z.4f} – {self.high:z.4f})"


def status(found: Measured, limit: float, side: Side, watch: float | None = None) -> Status:
    """Return ``fail`` if the whole interval lies beyond `limit`, ``flag`` if the value does.

    With a `watch`, a value beyond it is flagged too.
    """
    sign = 1.0 if side == "most" else -1.0
    nearest = min(sign * found.low, sign * found.high)
    if nearest > sign * limit:
        return "fail"
    beyond = sign * limit if watch is None else min(sign * watch, sign * limit)
    return "flag" if sign * found.value > beyond else "pass"


def bounded(
    gate: str,
    found: Measured,
    limit: float,
    side: Side,
    what: Text,
    remedy: Text,
    watch: float | None = None,
) -> Verdict:
    """Return the verdict on `what`, measured as `found`, against `limit`."""
    word = {"most": ("至多", "at most"), "least": ("至少", "at least")}[side]
    told = Text(
        f"{what.zh}：{found.told}，限值{word[0]} {limit:g}",
        f"{what.en}: {found.told}, limit {word[1]} {limit:g}",
    )
    return Verdict(gate, status(found, limit, side, watch), found.value, limit, told, remedy)


def yes_or_no(gate: str, holds: bool, told: Text, remedy: Text) -> Verdict:
    """Return the verdict of a gate that is no number."""
    return Verdict(gate, "pass" if holds else "fail", None, None, told, remedy)


def nothing_to_judge(gate: str, told: Text) -> Verdict:
    """Return the verdict where the gate does not apply; `told` says why."""
    return Verdict(gate, "none", None, None, told, Text("", ""))
