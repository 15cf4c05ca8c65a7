"""The blind index of an edition: finds a person by id number, phone or name without storing them.

``<home>/keys/search.key`` holds 256 random bits, made by the first publication. The index is
HMAC-SHA-256 under that key, so that an edition alone tells nobody whom it contains, and a list of
guessed id numbers cannot be compared with it.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from data.publishing.signing import keys_folder
from data.storage.key_files import KeyFile, create
from model.archive.id_numbers import normal_id_number
from model.errors import EditionError

SEARCH_KEY = "search.key"
#: The fields of a person that can be searched.
SEARCHED = ("id_number", "phone", "name")

_KEY_BYTES = 32
_REMEDY = "restore it from backup, or publish the edition again (rongzi whitelist)"
#: What people write between the parts of a number or name.
_SEPARATORS = re.compile(r"[\s\-_.·•・()+]+")
_CHINA = "86"
#: Format characters, which nobody sees between two others.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
#: Lengths of names that a text is searched for.
_NAME_CHARS = range(2, 13)


@dataclass(frozen=True)
class BlindIndex:
    """The index under one key."""

    key: bytes = field(repr=False)

    def of(self, kind: str, text: str) -> str:
        """Return the index of `text`, a field named in `SEARCHED`, however it is written."""
        return hmac.digest(self.key, f"{kind}\n{_normal(kind, text)}".encode(), "sha256").hex()

    def holds_name(self, text: str, name_index: str) -> bool:
        """Return whether `text` holds the name of that index, spaced, marked or reversed.

        Every part of the text as long as a name is indexed: nobody here knows the name itself.
        """
        plain = _INVISIBLE.sub("", _normal("name", _without_marks(text)))
        return any(
            self.of("name", each[begin : begin + length]) == name_index
            for each in (plain, plain[::-1])
            for length in _NAME_CHARS
            for begin in range(len(each) - length + 1)
        )


def made_index(home: Path) -> BlindIndex:
    """Return the index of `home`; the first use makes its key."""
    path = _path(home)
    if not path.exists():
        create(path, secrets.token_bytes(_KEY_BYTES))
    return _read(path)


def index_of(home: Path) -> BlindIndex | None:
    """Return the index of `home`; None if it has no key, so that nobody can be searched for."""
    path = _path(home)
    return _read(path) if path.exists() else None


def _path(home: Path) -> Path:
    return keys_folder(home) / SEARCH_KEY


def _read(path: Path) -> BlindIndex:
    key = KeyFile(path, EditionError, _REMEDY).secret()
    if len(key) != _KEY_BYTES:
        raise EditionError(f"{path}: not a key of {_KEY_BYTES} bytes; {_REMEDY}")
    return BlindIndex(key)


def _without_marks(text: str) -> str:
    """Return `text` without the marks that combine with the character before them."""
    return "".join(
        each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each)
    )


def _normal(kind: str, text: str) -> str:
    """Return `text` as it is indexed: half width, without separators, one spelling."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))
    if kind == "id_number":
        return normal_id_number(plain)
    if kind == "phone":
        return plain.removeprefix(_CHINA) if len(plain) > 11 else plain
    return plain.casefold()
