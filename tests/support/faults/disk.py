"""Faults of the disk under the ledger: full, read-only, failing writes, failing syncs.

During the fault the service refuses with 503 and keeps running. Afterwards it recovers by itself,
and no acknowledged decision is missing.
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
from tests.support.faults.scene import (
    NotPermittedError,
    Scene,
    loading,
    merge_figures,
    wait_until_not_ready,
    wait_until_ready,
)
from tests.support.service.running import Running, serving

_SMALL, _LARGE = "size=3m", "size=300m"


def disk_full(scene: Scene) -> tuple[bool, str]:
    """Fill the file system of the ledger, then make room."""
    _refuse_server(scene)
    ledger = scene.home / "ledger"
    ledger.mkdir()
    with _mounted(ledger), scene.serving() as running:
        figures = []
        plan = scene.plan(running, 6)
        with loading(plan) as found:
            wait_until_not_ready(running)
            subprocess.run(["mount", "-o", f"remount,{_LARGE}", ledger], check=True)
            recovered = _seconds_until_ready(running)
        figures.append(found)
        passed, line = scene.check(running, plan, merge_figures(figures))
    full = "503" in found["answers"]
    return passed and full, f"ready {recovered:.1f} s after there was room: {line}"


def read_only(scene: Scene) -> tuple[bool, str]:
    """Start on a read-only ledger folder, then permit writing."""
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
    # Without this capability, file modes apply to root too.
    without = [setpriv, "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    prefix = [str(word) for word in without] if os.getuid() == 0 else []
    log = scene.folder / "serve.log"
    with serving(scene.home, log, prefix=prefix, awaited="/live") as running:
        wait_until_not_ready(running)
        status = running.post(plan.path, plan.body(10**6), "read-only-1")[0]
        _permit(ledger, write=True)
        recovered = _seconds_until_ready(running)
        passed, line = scene.check(running, plan, found)
    return passed and status == 503, f"ready {recovered:.1f} s after writing was permitted: {line}"


def write_error(scene: Scene, times: int) -> tuple[bool, str]:
    """Fail the n-th write, and for a moment all later ones, with EIO; n from 1 on."""
    return _failing(scene, "write", times)


def sync_error(scene: Scene, times: int) -> tuple[bool, str]:
    """Fail the n-th fsync or fdatasync, and for a moment all later ones, with EIO."""
    return _failing(scene, "sync", times)


def _failing(scene: Scene, call: str, times: int) -> tuple[bool, str]:
    _refuse_server(scene)
    disk = Preloaded.build(scene.folder, "failing_disk.c")
    when = scene.folder / "fail"
    environment = disk.environment | {
        "RONGZI_FAIL_BELOW": str((scene.home / "ledger").resolve()),
        "RONGZI_FAIL_WHEN": str(when),
    }
    figures: list[dict[str, Any]] = []
    with scene.serving(variables=environment) as running:
        for n in range(times):
            plan = scene.plan(running, 1.5, turn=n)
            with loading(plan) as found:
                time.sleep(0.8)
                _fail(when, f"{call} {n + 1} {errno.EIO}")
                time.sleep(0.4)
                when.unlink()
                wait_until_ready(running)
            figures.append(found)
        passed, line = scene.check(running, plan, merge_figures(figures))
    return passed, f"{times} × {call} failed from its 1st to {times}th call on: {line}"


def _seconds_until_ready(running: Running) -> float:
    started = time.monotonic()
    wait_until_ready(running)
    return time.monotonic() - started


def _fail(when: Path, how: str) -> None:
    draft = when.with_suffix(".draft")
    draft.write_text(how)
    draft.replace(when)


def _refuse_server(scene: Scene) -> None:
    if scene.postgres:
        raise NotPermittedError("PostgreSQL's files are its own; run this with --database sqlite")


@contextmanager
def _mounted(folder: Path) -> Iterator[None]:
    mount = ["mount", "-t", "tmpfs", "-o", _SMALL, "tmpfs", str(folder)]
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
