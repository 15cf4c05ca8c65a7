"""Files of others that pages load: what each is, and ``make assets``, which renews them.

A folder with such files has an `assets.json`: package, version, licence and SHA-256 of each. Only
this command needs npm; it takes the package from the registry that npm is set up with.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

MANIFEST = "assets.json"


@dataclass(frozen=True)
class Asset:
    """A file that others wrote.

    Attributes
    ----------
    file : str
        Its name in the folder; ``<name>.LICENSE.txt`` beside it holds the licence.
    package, version, member : str
        The npm package, its exact version, and the file's path in it.
    licence : str
        SPDX identifier.
    sha256 : str
        Digest of the file.
    """

    file: str
    package: str
    version: str
    member: str
    licence: str
    sha256: str

    @property
    def licence_file(self) -> str:
        """Name of the file with the text of the licence."""
        return f"{self.file.partition('.')[0]}.LICENSE.txt"


def read_assets(folder: Path) -> list[Asset]:
    """Return the assets of `folder`."""
    text = (folder / MANIFEST).read_text(encoding="utf-8")
    return [Asset(**each) for each in json.loads(text)]


def renew(folder: Path) -> None:
    """Fetch every asset of `folder` in the version that its manifest names; write its digest."""
    renewed = [_fetched(folder, asset) for asset in read_assets(folder)]
    text = json.dumps([asdict(each) for each in renewed], indent=2)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def _fetched(folder: Path, asset: Asset) -> Asset:
    with tempfile.TemporaryDirectory() as packed:
        command = ["npm", "pack", "--silent", f"{asset.package}@{asset.version}"]
        subprocess.run(command, cwd=packed, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(packed).glob("*.tgz")
        content = _member(archive, asset.member)
        (folder / asset.file).write_bytes(content)
        (folder / asset.licence_file).write_bytes(_member(archive, "LICENSE"))
    return replace(asset, sha256=hashlib.sha256(content).hexdigest())


def _member(archive: Path, name: str) -> bytes:
    with tarfile.open(archive) as packed:
        found = packed.extractfile(f"package/{name}")
        if found is None:
            raise FileNotFoundError(name)
        return found.read()


def main(arguments: Sequence[str] | None = None) -> None:
    """Renew the assets of the folders that are named."""
    parser = argparse.ArgumentParser(description="Fetch the files of each folder's assets.json.")
    parser.add_argument("folders", nargs="+", type=Path)
    for folder in parser.parse_args(arguments).folders:
        renew(folder)


if __name__ == "__main__":
    main()
