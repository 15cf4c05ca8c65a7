"""A PKCS#11 token of its own for a test: SoftHSM2, used by ``deploy/pkcs11-key.sh``."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from tests.support.paths import ROOT
from tests.support.prerequisites import lacking

PROGRAM = ROOT / "deploy" / "pkcs11-key.sh"
_PIN, _LABEL = "271828", "rongzi"


@dataclass(frozen=True)
class Token:
    """A token, and the variables with which a publisher's account reaches it."""

    folder: Path
    variables: Mapping[str, str]

    @classmethod
    def made_in(cls, folder: Path) -> Token:
        """Return a new token; skip or fail the test where the machine lacks a program."""
        library = next(Path("/usr/lib").glob("**/libsofthsm2.so"), None)
        parts = {
            "softhsm2-util and libsofthsm2.so (softhsm2)": library and which("softhsm2-util"),
            "pkcs11-tool (opensc)": which("pkcs11-tool"),
            "openssl": which("openssl"),
        }
        lacking(*(name for name, found in parts.items() if not found))
        (folder / "tokens").mkdir(parents=True)
        settings, pin = folder / "softhsm2.conf", folder / "pin"
        settings.write_text(f"directories.tokendir = {folder / 'tokens'}\n")
        pin.touch(0o600)
        pin.write_text(_PIN)
        token = cls(folder, {
            "SOFTHSM2_CONF": str(settings), "RONGZI_PKCS11_MODULE": str(library),
            "RONGZI_PKCS11_TOKEN": _LABEL, "RONGZI_PKCS11_PIN_FILE": str(pin),
        })  # fmt: skip
        token.run("softhsm2-util", "--init-token", "--free", "--label", _LABEL,
                  "--pin", _PIN, "--so-pin", _PIN + _PIN)  # fmt: skip
        return token

    def new_key(self, label: str) -> Path:
        """Make a key in the token; return a file with its public half."""
        self.run(str(PROGRAM), label, "new")
        public = self.folder / f"{label}.pem"
        public.write_text(self.run(str(PROGRAM), label, "public"))
        return public

    def private_keys(self) -> str:
        """Return what the token tells of its private keys to who knows the PIN."""
        module, label = (self.variables[f"RONGZI_PKCS11_{x}"] for x in ("MODULE", "TOKEN"))
        return self.run("pkcs11-tool", "--module", module, "--token-label", label, "--login",
                        "--pin", _PIN, "--list-objects", "--type", "privkey")  # fmt: skip

    def run(self, *words: str) -> str:
        """Run a program with the token's variables; return what it printed."""
        variables = {"PATH": "/usr/bin:/bin", **self.variables}
        done = subprocess.run(words, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout
