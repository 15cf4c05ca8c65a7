"""The authenticated caller: a subject with roles and places."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, get_args

Role = Literal["officer", "reviewer", "head", "manager", "analyst", "auditor", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

#: A place is a prefix of administrative codes: "" is everywhere, 6 digits are a county, 9 a
#: township, 12 a village.
PLACE = re.compile(r"(?:[0-9]{6}|[0-9]{9}|[0-9]{12})?")


@dataclass(frozen=True)
class Principal:
    """A verified caller.

    Attributes
    ----------
    subject : str
        Name of the account, never of a person.
    roles : frozenset of Role
        Each allows the routes that the access matrix lists for it.
    places : tuple of str
        Prefixes of administrative codes; ``("",)`` is everywhere, ``()`` is nowhere.
    grant : int or None
        Number of the audit row that grants these roles and places.
    session : str or None
        The session of the caller's token; None for a token of an identity provider.
    """

    subject: str
    roles: frozenset[Role]
    places: tuple[str, ...]
    grant: int | None = None
    session: str | None = field(default=None, compare=False)

    @cached_property
    def authority(self) -> str | None:
        """The roles, the places and their grant as the ledger stores them; None without a grant."""
        if self.grant is None:
            return None
        rights = {"grant": self.grant, "places": self.places, "roles": sorted(self.roles)}
        return json.dumps(rights, separators=(",", ":"))

    def reaches(self, place_code: str) -> bool:
        """Return whether `place_code` (6, 9 or 12 digits) is in one of the caller's places."""
        return place_code.startswith(self.places)
