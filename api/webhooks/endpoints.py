"""Webhook endpoints, in one file under the home, and the progress of each."""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from api.core.settings import Network
from api.webhooks.targets import WebhookError, refuse_unsafe

DEAD_AFTER = 10
_SECRET = "whsec_"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class Endpoint:
    """One receiver.

    Attributes
    ----------
    secret : str
        The receiver verifies signatures with it. Its form is that of Standard Webhooks: ``whsec_``
        and the key in base64. A secret of an earlier release has no such prefix; its characters
        are the key, and its receiver configures ``whsec_`` and their base64.
    """

    name: str
    url: str
    secret: str

    @property
    def key(self) -> bytes:
        """The key of the signature."""
        if self.secret.startswith(_SECRET):
            return base64.b64decode(self.secret.removeprefix(_SECRET))
        return self.secret.encode()


@dataclass(frozen=True)
class Progress:
    """The progress of an endpoint.

    Attributes
    ----------
    seq : int or None
        Number of the last entry it accepted; None starts after the last entry at the first read.
    failures : int
        Failures in a row since the last accepted event.
    last_failure : str or None
        A declared reason: ``status`` with the number, ``timeout``, ``unreachable``, or
        ``forbidden`` where the name resolves to a network that may not receive events.
    """

    seq: int | None = None
    failures: int = 0
    last_failure: str | None = None

    @property
    def is_dead(self) -> bool:
        """Whether people should act; delivery still tries, and skips no event."""
        return self.failures >= DEAD_AFTER


class Endpoints:
    """The endpoints of a home, in ``webhooks/``."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "webhooks"
        self._file = self.folder / "endpoints.json"

    def all(self) -> dict[str, Endpoint]:
        """Return the endpoints by name.

        Raises
        ------
        WebhookError
            If the file is damaged.
        """
        if not self._file.exists():
            return {}
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {name: Endpoint(name, **spec) for name, spec in found.items()}
        except (ValueError, TypeError, AttributeError) as error:
            raise WebhookError(
                f"{self._file} is damaged; remove it and add the endpoints again"
            ) from error

    def add(
        self, name: str, url: str, from_start: bool = False, allowed: Iterable[Network] = ()
    ) -> Endpoint:
        """Add an endpoint with a new secret; `allowed` are private networks that may receive.

        Raises
        ------
        WebhookError
            If the name is taken or malformed, or the address is unsafe.
        """
        known = self.all()
        if not _NAME.fullmatch(name) or name in known:
            raise WebhookError(
                "choose another name: 1 to 40 lower-case letters, digits or -, not in use yet"
            )
        refuse_unsafe(url, allowed)
        endpoint = Endpoint(name, url, _new_secret())
        self._write({**known, name: endpoint})
        self.save_progress(name, Progress(seq=0 if from_start else None))
        return endpoint

    def remove(self, name: str) -> None:
        """Remove an endpoint and its progress.

        Raises
        ------
        WebhookError
            If no endpoint has that name.
        """
        known = self.all()
        if known.pop(name, None) is None:
            raise WebhookError("no endpoint has that name; see rongzi webhooks list")
        self._write(known)
        self._progress_file(name).unlink(missing_ok=True)

    def progress(self, name: str) -> Progress:
        """Return the progress of an endpoint; without a file it starts after the last entry."""
        try:
            return Progress(**json.loads(self._progress_file(name).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Progress()

    def save_progress(self, name: str, progress: Progress) -> None:
        """Write the progress of an endpoint, completely or not at all."""
        _write_json(self._progress_file(name), asdict(progress))

    def _progress_file(self, name: str) -> Path:
        return self.folder / f"{name}.progress.json"

    def _write(self, endpoints: Mapping[str, Endpoint]) -> None:
        listed = {e.name: {"url": e.url, "secret": e.secret} for e in endpoints.values()}
        _write_json(self._file, listed)


def _new_secret() -> str:
    return _SECRET + base64.b64encode(secrets.token_bytes(32)).decode()


def _write_json(path: Path, value: object) -> None:
    # The file holds secrets, so nobody else may read even its first byte.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(path)
