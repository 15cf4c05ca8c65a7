"""The keys that sign cards, editions, policies and summaries of runs, each kind with its own.

The service verifies and never signs: it needs the public keys in ``<home>/keys/trusted`` alone. The
private keys lie where somebody publishes, promotes, adopts or trains:

```
RONGZI_CARD_KEY, RONGZI_EDITION_KEY, RONGZI_POLICY_KEY, RONGZI_RUN_KEY
    FILE             an Ed25519 private key as PEM, mode 0600
    command:PROGRAM …
                     a program that signs, for a key in a token (PKCS#11: deploy/pkcs11-key.sh) or
                     a key service; words after it are given to it, quoted as for a shell
<home>/keys/signing.pem, edition.pem, policy.pem, run.pem
    where no setting names a key: made and trusted at first use, for a home with one user
<home>/keys/trusted/*.pem, and *.pem in trusted/editions, trusted/policies, trusted/runs
    public keys whose signatures are accepted
```
"""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from data.storage.key_files import KeyFile, create, private_pem, public_pem
from model.card.card_file import SigningKey, key_id
from model.errors import CardError

Purpose = Literal["card", "edition", "policy", "run"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

SETTINGS: Mapping[Purpose, str] = {
    "card": "RONGZI_CARD_KEY", "edition": "RONGZI_EDITION_KEY", "policy": "RONGZI_POLICY_KEY",
    "run": "RONGZI_RUN_KEY",
}  # fmt: skip
#: Names of the private keys in the home, where no setting names another.
FILES: Mapping[Purpose, str] = {
    "card": "signing.pem", "edition": "edition.pem", "policy": "policy.pem", "run": "run.pem",
}  # fmt: skip
_TRUSTED: Mapping[Purpose, str] = {
    "card": "trusted", "edition": "trusted/editions", "policy": "trusted/policies",
    "run": "trusted/runs",
}  # fmt: skip
_COMMAND = "command:"
_SECONDS = 60
_RESTORE = "restore it from your backup"


def keys_folder(home: Path) -> Path:
    """Return the folder of the trusted keys, and of private keys that lie nowhere else."""
    return home / "keys"


def trusted_folder(home: Path, purpose: Purpose) -> Path:
    """Return the folder of the public keys that are trusted for `purpose`."""
    return keys_folder(home) / _TRUSTED[purpose]


def trusted_keys(home: Path, purpose: Purpose = "card") -> tuple[Ed25519PublicKey, ...]:
    """Return the keys that are trusted for `purpose` by file name; there may be none.

    Raises
    ------
    CardError
        If a file there is not an Ed25519 public key.
    """
    return trusted_keys_in(trusted_folder(home, purpose))


def trusted_keys_in(folder: Path) -> tuple[Ed25519PublicKey, ...]:
    """Return the public keys in `folder`; see `trusted_keys`."""
    files = sorted(folder.glob("*.pem"))
    return tuple(KeyFile(file, CardError, "remove it or restore it").public() for file in files)


def trust(home: Path, purpose: Purpose, key: Ed25519PublicKey) -> Path:
    """Trust `key` for `purpose` beside the keys trusted so far; return its file."""
    path = trusted_folder(home, purpose) / f"{key_id(key)}.pem"
    create(path, public_pem(key), 0o644)
    return path


def key_place(home: Path, purpose: Purpose) -> str:
    """Return where the private key of `purpose` lies: a file, or ``command:PROGRAM …``."""
    return os.environ.get(SETTINGS[purpose]) or str(keys_folder(home) / FILES[purpose])


def readable_private_keys(home: Path) -> tuple[Purpose, ...]:
    """Return the purposes whose private key this process can read."""
    places = {purpose: key_place(home, purpose) for purpose in PURPOSES}
    return tuple(
        purpose
        for purpose, place in places.items()
        if not place.startswith(_COMMAND) and os.access(place, os.R_OK)
    )


def signing_key(home: Path, purpose: Purpose = "card") -> SigningKey:
    """Return the key that signs for `purpose`; one that no setting names is made at first use.

    Raises
    ------
    CardError
        If the key is missing, not an Ed25519 key, or other users can read its file.
    """
    place = key_place(home, purpose)
    if place.startswith(_COMMAND):
        return CommandKey(_words(place))
    path = Path(place)
    if not path.exists() and not os.environ.get(SETTINGS[purpose]):
        key = Ed25519PrivateKey.generate()
        trust(home, purpose, key.public_key())
        create(path, private_pem(key))
    return KeyFile(path, CardError, _RESTORE).private()


def _words(place: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(place.removeprefix(_COMMAND)))
    except ValueError as error:
        raise CardError(f"{place}: an open quotation mark; close it") from error
    if not words:
        raise CardError(f"{place}: names no program")
    return words


@dataclass(frozen=True)
class CommandKey:
    """A key that a program uses on our behalf, such as one in a PKCS#11 token or a key service.

    ``PROGRAM … public`` prints the public key as PEM. ``PROGRAM … sign`` reads a statement and
    writes its Ed25519 signature (RFC 8032), 64 bytes.

    Attributes
    ----------
    words : tuple of str
        The program, and what it is given before ``public`` or ``sign``, such as a key's label.
    """

    words: tuple[str, ...]

    @property
    def _name(self) -> str:
        return shlex.join(self.words)

    def public_key(self) -> Ed25519PublicKey:
        """Return the public key.

        Raises
        ------
        CardError
            If the program fails or prints no Ed25519 public key.
        """
        try:
            key = load_pem_public_key(self._run("public", b""))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise CardError(f"{self._name} public: printed no public key as PEM") from error
        if not isinstance(key, Ed25519PublicKey):
            raise CardError(f"{self._name} public: printed no Ed25519 key")
        return key

    def sign(self, statement: bytes, /) -> bytes:
        """Return the signature of `statement`.

        Raises
        ------
        CardError
            If the program fails, or its signature does not fit its public key.
        """
        signature = self._run("sign", statement)
        try:
            self.public_key().verify(signature, statement)
        except InvalidSignature as error:
            raise CardError(f"{self._name} sign: wrote no signature of its key") from error
        return signature

    def _run(self, word: str, given: bytes) -> bytes:
        try:
            done = subprocess.run(
                [*self.words, word], input=given, capture_output=True, timeout=_SECONDS, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CardError(
                f"{self._name} {word}: failed ({type(error).__name__}); run it by hand to see why"
            ) from error
        return done.stdout
