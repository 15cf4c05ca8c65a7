"""The data dictionary: what each profile attribute means, declared once in ``dictionary.yaml``.

A dictionary of the same form describes any flat table (``rongzi dictionary TABLE``), so that the
card, its reasons and its reports work the same for every source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

import rfc8785
import yaml

from model.errors import ContractError

Flow = Literal["commerce", "logistics", "capital", "information", "identity"]
Type = Literal["number", "flag", "text"]
#: How risk changes when the value rises; `free` imposes no sign.
Direction = Literal["up", "down", "free"]
#: `scored` may enter a card; `rule` feeds knock-outs and the offer; `audit` only fairness checks.
Role = Literal["scored", "rule", "audit"]


@dataclass(frozen=True)
class Text:
    """The same sentence in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Attribute:
    """One attribute of a profile.

    Attributes
    ----------
    direction : {"up", "down", "free"}
        How risk changes when the value rises; a card must respect it.
    actionable : bool
        Whether the member can change the value; advice names only such attributes.
    minimum, maximum : float or None
        Inclusive plausible range; a value outside falls into the out-of-range bin.
    reason, missing : Text
        Sentences for an attribute that loses points, and for a missing value.
    none : Text or None
        Sentence for a value of 0 that loses points.
    below, above : Text or None
        Of a free attribute: sentences for a value below or above the range that scores best; not
        told of one with a direction.
    within_months : int or None
        How long a change takes that advice proposes.
    deposit : bool
        Whether it measures deposits: a member is never told which value scores best, since a loan
        may not be tied to deposits.
    """

    name: str
    label: Text
    flow: Flow
    type: Type
    role: Role
    reason: Text
    missing: Text
    unit: str = ""
    source: tuple[str, ...] = ()
    direction: Direction = "free"
    actionable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    none: Text | None = None
    below: Text | None = None
    above: Text | None = None
    missing_with: str | None = None
    within_months: int | None = None
    deposit: bool = False


@dataclass(frozen=True, eq=False)
class Dictionary:
    """Attributes by name; their declared order breaks ties between equal reasons.

    One is equal to itself alone; equal dictionaries have equal digests.
    """

    attributes: Mapping[str, Attribute]
    digest: str

    def __getitem__(self, name: str) -> Attribute:
        """Return the attribute called `name`."""
        return self.attributes[name]

    def __iter__(self) -> Iterator[Attribute]:
        """Iterate over the attributes in declared order."""
        return iter(self.attributes.values())

    def named(self, role: Role) -> tuple[str, ...]:
        """Return the names of the attributes with `role`, in declared order."""
        return tuple(a.name for a in self if a.role == role)


@cache
def member_dictionary() -> Dictionary:
    """Return the dictionary of the member profile, shipped with the product."""
    source = resources.files("model.profile").joinpath("dictionary.yaml")
    return read_dictionary(source.read_text(encoding="utf-8"), "dictionary.yaml")


def read_dictionary(text: str, name: str) -> Dictionary:
    """Read a dictionary from YAML `text`.

    Raises
    ------
    ContractError
        If an entry is incomplete or has an unknown value; the message names file and attribute.
    """
    try:
        spec = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContractError(f"{name}: not readable as YAML: {error}") from error
    if not isinstance(spec, dict) or not spec:
        raise ContractError(f"{name}: expected a mapping of attribute names to their declarations")
    attributes = {key: _attribute(name, str(key), value) for key, value in spec.items()}
    _refuse_unknown_company(name, attributes)
    return Dictionary(attributes, hashlib.sha256(rfc8785.dumps(spec)).hexdigest())


def _attribute(file: str, name: str, spec: Mapping[str, Any]) -> Attribute:
    try:
        attribute = Attribute(
            name=name,
            label=Text(spec["zh"], spec["en"]),
            flow=spec["flow"],
            type=spec["type"],
            role=spec["role"],
            reason=Text(**spec["reason"]),
            missing=Text(**spec["missing"]),
            unit=spec.get("unit", ""),
            source=tuple(spec.get("source", ())),
            direction=spec.get("direction", "free"),
            actionable=spec.get("actionable", False),
            minimum=spec.get("min"),
            maximum=spec.get("max"),
            none=_text(spec, "none"),
            below=_text(spec, "below"),
            above=_text(spec, "above"),
            missing_with=spec.get("missing_with"),
            within_months=spec.get("within_months"),
            deposit=spec.get("deposit", False),
        )
    except (KeyError, TypeError) as error:
        raise ContractError(f"{file}, attribute {name}: {error} is missing or malformed") from error
    _refuse_unknown_values(file, attribute)
    _refuse_empty_range(file, attribute)
    _refuse_half_a_side(file, attribute)
    return attribute


def _text(spec: Mapping[str, Any], key: str) -> Text | None:
    return Text(**spec[key]) if key in spec else None


def _refuse_unknown_values(file: str, attribute: Attribute) -> None:
    choices = {"flow": Flow, "type": Type, "direction": Direction, "role": Role}
    for field, allowed in choices.items():
        value = getattr(attribute, field)
        if value not in get_args(allowed):
            raise ContractError(
                f"{file}, attribute {attribute.name}: {field} is {value!r},"
                f" use one of {', '.join(get_args(allowed))}"
            )


def _refuse_unknown_company(file: str, attributes: Mapping[str, Attribute]) -> None:
    for attribute in attributes.values():
        other = attribute.missing_with
        seen = {attribute.name}
        while other is not None:
            if other not in attributes or other in seen:
                raise ContractError(
                    f"{file}, attribute {attribute.name}: missing_with leads to {other!r}, which is"
                    " no other attribute"
                )
            seen.add(other)
            other = attributes[other].missing_with


def _refuse_empty_range(file: str, attribute: Attribute) -> None:
    bounds = [bound for bound in (attribute.minimum, attribute.maximum) if bound is not None]
    numbers = [b for b in bounds if isinstance(b, int | float) and not isinstance(b, bool)]
    if len(numbers) < len(bounds) or numbers != sorted(numbers):
        raise ContractError(
            f"{file}, attribute {attribute.name}: min and max must be numbers, min at most max"
        )


def _refuse_half_a_side(file: str, attribute: Attribute) -> None:
    if (attribute.below is None) != (attribute.above is None):
        raise ContractError(
            f"{file}, attribute {attribute.name}: below and above belong together; add the other"
        )
