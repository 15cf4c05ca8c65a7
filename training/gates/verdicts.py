"""What the gates said of a challenger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.dictionary import Text

#: ``fail`` stops a promotion; ``flag`` is told to the approver; ``none``: nothing to judge.
Status = Literal["pass", "flag", "fail", "none"]


@dataclass(frozen=True)
class Verdict:
    """One gate's answer.

    Attributes
    ----------
    gate : str
        Stable code, such as ``AUC_AGAINST_CHAMPION``.
    value, limit : float or None
        What was measured and what policy allows; None where the gate is not a number.
    told, remedy : Text
        What was found, and what to do now.
    """

    gate: str
    status: Status
    value: float | None
    limit: float | None
    told: Text
    remedy: Text


@dataclass(frozen=True)
class GateVerdicts:
    """All gates of one challenger against one champion.

    Attributes
    ----------
    card_digest, limits_digest : str
        SHA-256 of the judged card and of the limits in force.
    champion_digest : str or None
        None: no card was in use.
    judged_on : str
        ISO date whose limits held.
    sample : str
        Name of the sample it was judged on.
    """

    card_digest: str
    champion_digest: str | None
    limits_digest: str
    judged_on: str
    sample: str
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """Gates that stop the promotion."""
        return tuple(v for v in self.verdicts if v.status == "fail")

    @property
    def flagged(self) -> tuple[Verdict, ...]:
        """Gates that a person must look at."""
        return tuple(v for v in self.verdicts if v.status == "flag")

    @property
    def passed(self) -> bool:
        """Whether the card may replace the champion."""
        return not self.failed
