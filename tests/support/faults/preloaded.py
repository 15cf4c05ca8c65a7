"""A small C library that is preloaded into one process, for faults of disk and clock."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.faults.scene import NotPermittedError


@dataclass(frozen=True)
class Preloaded:
    """A compiled shared object."""

    library: Path

    @classmethod
    def build(cls, folder: Path, source: str) -> Preloaded:
        """Compile `source`, a file in this folder, into `folder`."""
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            raise NotPermittedError("no C compiler is installed")
        library = folder / f"{source}.so"
        code = Path(__file__).with_name(source)
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", library, code, "-ldl"], check=True
        )
        return cls(library)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that preload it into a process."""
        return {"LD_PRELOAD": str(self.library)}
