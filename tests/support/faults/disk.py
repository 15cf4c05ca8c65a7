"""Faults of the disk below the ledger: full, read-only, failing writes, failing syncs.

While it lasts the service refuses (503) and keeps running; afterwards it heals by itself, and
nothing that was acknowledged is missing.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.faults.preloaded import Preloaded
from tests.support.faults.scene import NotPermittedError, Scene, falls, heals, loading, together
from tests.support.service.running import serving

_SMALL, _LARGE = "size=3m", "size=300m"


def disk_full(scene: Scene) -> tuple[bool, str]:
    """Fill the file system that holds the ledger, then make room."""
    _refuse_server(scene)
    ledger = scene.home / "ledger"
    ledger.mkdir()
    with _mounted(ledger), scene.serving() as running:
        figures = []
        plan = scene.plan(running, 6)
        with loading(plan) as found:
            falls(running)
            subprocess.run(["mount", "-o", f"remount,{_LARGE}", ledger], check=True)
            began = time.monotonic()
            heals(running)
            healed = time.monotonic() - began
        figures.append(found)
        held, told = scene.judged(running, plan, together(figures))
    full = "503" in found["answers"]
    return held and full, f"ready {healed:.1f} s after there was room: {told}"


def read_only(scene: Scene) -> tuple[bool, str]:
    """Start on a ledger folder that may only be read, then permit writing."""
    _refuse_server(scene)
    setpriv = shutil.which("setpriv")
    if os.getuid() == 0 and setpriv is None:
        raise NotPermittedError("root ignores file modes, and setpriv is not installed")
    with scene.serving() as running:
        plan = scene.plan(running, 2)
        with loading(plan) as found:
            pass
    ledger = scene.home / "ledger"
    _permit(ledger, write=False)
    # Root without this capability is bound by file modes like anybody else.
    without = [setpriv, "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    prefix = [str(word) for word in without] if os.getuid() == 0 else []
    log = scene.folder / "serve.log"
    with serving(scene.home, log, prefix=prefix, awaited="/live") as running:
        falls(running)
        status = running.post(plan.path, plan.body(10**6), "read-only-1")[0]
        _permit(ledger, write=True)
        began = time.monotonic()
        heals(running)
        healed = time.monotonic() - began
        held, told = scene.judged(running, plan, found)
    return held and status == 503, f"ready {healed:.1f} s after writing was permitted: {told}"


def write_error(scene: Scene, times: int) -> tuple[bool, str]:
    """Let the n-th write fail with EIO, and all after it for a moment; n from 1 on."""
    return _failing(scene, "write", times)


def sync_error(scene: Scene, times: int) -> tuple[bool, str]:
    """Let the n-th fsync or fdatasync fail with EIO, and all after it for a moment."""
    return _failing(scene, "sync", times)


def _failing(scene: Scene, call: str, times: int) -> tuple[bool, str]:
    _refuse_server(scene)
    disk = Preloaded.built(scene.folder, "failing_disk.c")
    when = scene.folder / "fail"
    told = disk.environment | {
        "RONGZI_FAIL_BELOW": str((scene.home / "ledger").resolve()),
        "RONGZI_FAIL_WHEN": str(when),
    }
    figures: list[dict[str, Any]] = []
    with scene.serving(**told) as running:
        for n in range(times):
            plan = scene.plan(running, 1.5, turn=n)
            with loading(plan) as found:
                time.sleep(0.8)
                _fail(when, f"{call} {n + 1} {errno.EIO}")
                time.sleep(0.4)
                when.unlink()
                heals(running)
            figures.append(found)
        held, line = scene.judged(running, plan, together(figures))
    return held, f"{times} × {call} failed from its 1st to {times}th call on: {line}"


def _fail(when: Path, how: str) -> None:
    draft = when.with_suffix(".draft")
    draft.write_text(how)
    draft.replace(when)


def _refuse_server(scene: Scene) -> None:
    if scene.postgres:
        raise NotPermittedError("PostgreSQL's files are its own; run this with --database sqlite")


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", _SMALL, "tmpfs", folder]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        raise NotPermittedError("this account may not mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _permit(folder: Path, *, write: bool) -> None:
    for path in folder.iterdir():
        path.chmod(0o600 if write else 0o400)
    folder.chmod(0o700 if write else 0o500)
