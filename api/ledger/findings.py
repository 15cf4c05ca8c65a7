"""The report of a verification, with findings that an auditor can act on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One defect.

    Attributes
    ----------
    kind : str
        A stable name of the kind of defect.
    seq : int or None
        The entry concerned, or the first of several.
    what : str
        What is wrong, and the remedy unless it is obvious.
    """

    kind: str
    seq: int | None
    what: str


@dataclass
class Report:
    """Counts of what was verified, and the findings.

    Attributes
    ----------
    notices : list of str
        What an auditor should know although it is no evidence of a change.
    """

    entries: int = 0
    checkpoints: int = 0
    outside_lines: int = 0
    answers: int = 0
    identities: int = 0
    looks: int = 0
    accounts: int = 0
    head: str = ""
    findings: list[Finding] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def add(self, kind: str, seq: int | None, what: str) -> None:
        """Add a finding; an edited row can hold any bytes, which are escaped so that they print."""
        printable = what.encode("utf-8", "backslashreplace").decode()
        self.findings.append(Finding(kind, seq if type(seq) is int else None, printable))
