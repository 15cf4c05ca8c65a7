"""Who asks: a subject, what they may do (roles) and where (places)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["officer", "reviewer", "analyst", "auditor", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

#: A place is a code prefix: "" everywhere, 6 digits a county, 9 a township, 12 a village.
PLACE = re.compile(r"(?:[0-9]{6}|[0-9]{9}|[0-9]{12})?")


@dataclass(frozen=True)
class Principal:
    """One caller, as verified.

    Attributes
    ----------
    subject : str
        The account's name; never a person's.
    roles : frozenset of Role
        Each gives the routes that the matrix names it for.
    places : tuple of str
        Prefixes of place codes; ``("",)`` is everywhere, ``()`` nowhere.
    """

    subject: str
    roles: frozenset[Role]
    places: tuple[str, ...]

    def reaches(self, place_code: str) -> bool:
        """Return whether `place_code` (6, 9 or 12 digits) lies in one of the caller's places."""
        return place_code.startswith(self.places)
