"""What a verification found, in words an auditor can act on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    kind : str
        A stable word for it.
    seq : int or None
        The entry it is about, or the first of them.
    what : str
        What is wrong, and what to do where that is not plain.
    """

    kind: str
    seq: int | None
    what: str


@dataclass
class Report:
    """What was looked at, and what was found.

    Attributes
    ----------
    notices : list of str
        What is no evidence of a change but worth knowing.
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

    def found(self, kind: str, seq: int | None, what: str) -> None:
        """Add a finding; a row may hold anything by force, and is told so that it prints."""
        printable = what.encode("utf-8", "backslashreplace").decode()
        self.findings.append(Finding(kind, seq if type(seq) is int else None, printable))
