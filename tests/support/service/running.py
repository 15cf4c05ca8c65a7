"""Run ``rongzi serve`` in its own process group, for tests and benchmarks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from api.core.principal import ROLES
from api.core.settings import Settings
from api.editions.blind_index import SEARCH_KEY
from api.editions.demo import MARK
from api.editions.edition import Edition, PlaceFilter
from data.importing.kept import IMPORTS, QUARANTINE
from tests.support.service.callers import headers_of
from tests.support.service.ports import free_port

_OPENER = build_opener(ProxyHandler({}))
START_SECONDS = 60.0
#: One caller sends the load of many.
_UNLIMITED = {"RONGZI_RATE_PER_SECOND": "1000000", "RONGZI_RATE_BURST": "1000000"}
_QUESTION = '{"member_id":"%m","amount_yuan":500%n,"months":12,"purpose":"inputs"}'


@dataclass
class Running:
    """A running service."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    settings: Settings
    clock: Callable[[], float] = time.time

    @property
    def home(self) -> Path:
        """The home that it serves."""
        return self.settings.home

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def bearer(self) -> dict[str, str]:
        """The header of a caller with every role everywhere."""
        return headers_of(self.settings, ROLES, subject="bench", clock=self.clock)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return status and body of the answer."""
        return _answer(Request(self.url + path, headers={**self.bearer, **headers}))

    def post(self, path: str, body: str, key: str) -> tuple[int, str]:
        """Send a JSON `body` under an idempotency key; return status and body of the answer."""
        headers = {**self.bearer, "Content-Type": "application/json", "Idempotency-Key": key}
        return _answer(Request(self.url + path, body.encode(), headers, method="POST"))

    def ready(self) -> dict[str, Any]:
        """Return the answer of ``/ready``."""
        found: dict[str, Any] = json.loads(self.get("/ready")[1])
        return found

    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of the log; every line must be JSON."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(child) for child in children.read_text().split()]

    def memory_mib(self) -> float:
        """Return the resident memory of all workers in MiB."""
        return sum(_resident_kib(worker) for worker in self.workers()) / 1024

    def kill(self) -> None:
        """Kill parent and workers with SIGKILL."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    home: Path,
    log: Path,
    *options: str,
    port: int | None = None,
    prefix: Sequence[str] = (),
    program: Sequence[str] = (sys.executable, "-m", "cli.main"),
    awaited: str = "/ready",
    clock: Callable[[], float] = time.time,
    **environment: str,
) -> Iterator[Running]:
    """Serve `home` until the end of the block, which starts when `awaited` answers 200.

    Parameters
    ----------
    prefix
        Words before the command, such as ``taskset``.
    program
        The console script.
    """
    port = port or free_port()
    command = [*prefix, *program, "serve", "--port", str(port), *options]
    variables = {**os.environ, "RONGZI_HOME": str(home), **_UNLIMITED, **environment}
    with (
        log.open("ab") as errors,
        subprocess.Popen(command, stderr=errors, env=variables, start_new_session=True) as process,
    ):
        running = Running(process, port, log, Settings.from_env(variables), clock)
        try:
            wait_until(lambda: _answers(running, awaited), "ready", process)
            yield running
        finally:
            end_group(process)


def wait_until(
    holds: Any,
    what: str,
    process: subprocess.Popen[bytes] | None = None,
    seconds: float = START_SECONDS,
) -> None:
    """Call `holds` every 50 ms until it returns true.

    Raises
    ------
    RuntimeError
        If `process` ends first or the time runs out.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"the service ended before it was {what}")
        if holds():
            return
        time.sleep(0.05)
    raise RuntimeError(f"not {what} within {seconds:.0f} s")


def home_to_write_in(home: Path, folder: Path) -> Path:
    """Copy the published parts and imports of `home` under `folder`, without a ledger."""
    copied = folder / "home"
    for name in ("cards", "editions"):
        shutil.copytree(home / name, copied / name)
    for name in (IMPORTS, QUARANTINE):
        if (home / name).exists():
            shutil.copytree(home / name, copied / name)
    shutil.copytree(home / "keys" / "trusted", copied / "keys" / "trusted")
    shutil.copy(home / "keys" / SEARCH_KEY, copied / "keys")
    if (home / MARK).exists():
        shutil.copy(home / MARK, copied)
    return copied


def questions(home: Path, most: int = 200_000) -> list[str]:
    """Return a decision request for each member of the edition in use.

    The caller replaces ``%n`` by the number of the round, so that no question repeats.
    """
    found, after = [], None
    edition = Edition.current(home)
    while rows := edition.page(PlaceFilter(), None, after, 10_000):
        after = rows[-1]
        found += [_QUESTION.replace("%m", row["member_id"]) for row in rows]
        if len(found) >= most:
            break
    return found[:most]


def _answer(request: Request) -> tuple[int, str]:
    try:
        with _OPENER.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def _answers(running: Running, path: str) -> bool:
    try:
        return running.get(path)[0] == 200
    except OSError:
        return False


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Stop a process that leads a group; kill the group after 30 s."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def _resident_kib(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
