"""Time stamps of checkpoints by an authority outside this house (RFC 3161, over HTTP).

A stamp proves that a checkpoint existed at a time which neither the service nor the holder of its
keys can choose. An authority answers over a network and often counts its stamps, so the newest
checkpoint is stamped every ten minutes and at the end: it speaks for all before it. The stamps are
appended to a file, each as a line ``rfc3161 <base64 of the answer> <line of the checkpoint>``;
``verify-ledger --against`` reads it.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError

from api.ledger.checkpoints import Checkpoint

#: The first word of a line.
WORD = "rfc3161"
#: Time between two requests, in seconds: what a cut at the end could take unstamped.
_PAUSE = 600.0
_SECONDS = 5.0
_MOST_BYTES = 65_536
#: TimeStampReq (RFC 3161, 2.4.1) in DER up to the digest: version 1, SHA-256 as messageImprint.
_VERSION, _SHA256 = bytes.fromhex("020101"), bytes.fromhex("3031300d060960864801650304020105000420")
_WITH_CERTIFICATES = bytes.fromhex("0101ff")
_GRANTED = (0, 1)


class Lines(Protocol):
    """Where the stamps go."""

    def append(self, line: str) -> None:
        """Append a line, or raise OSError."""

    def close(self) -> None:
        """Close the place."""


class TimeStamps:
    """The stamps of one authority; the commits do not wait for it.

    Parameters
    ----------
    failed
        Is told why a checkpoint was not stamped; it is tried again after the pause.
    """

    def __init__(
        self, url: str, lines: Lines, failed: Callable[[Exception], None], pause: float = _PAUSE
    ) -> None:
        self._url, self._lines, self._failed, self._pause = url, lines, failed, pause
        self._changed = threading.Condition()
        self._newest: Checkpoint | None = None
        self._ends = False
        self._thread: threading.Thread | None = None

    def attest(self, checkpoint: Checkpoint) -> None:
        """Let `checkpoint` be stamped soon, unless a newer one comes before that."""
        with self._changed:
            self._newest = checkpoint
            if self._thread is None:
                self._ends = False
                self._thread = threading.Thread(target=self._run, name="time stamps", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Stamp the newest checkpoint, end the thread and close the file."""
        with self._changed:
            self._ends, thread, self._thread = True, self._thread, None
            self._changed.notify()
        if thread is not None:
            thread.join(2 * _SECONDS)
        self._lines.close()

    def _run(self) -> None:
        while checkpoint := self._next():
            try:
                answer = stamp_of(self._url, checkpoint)
                encoded = base64.b64encode(answer).decode()
                self._lines.append(f"{WORD} {encoded} {checkpoint.line()}")
            except (OSError, ValueError, HTTPException) as error:
                self._failed(error)
                with self._changed:
                    self._newest = None if self._ends else self._newest or checkpoint
            with self._changed:
                self._changed.wait_for(lambda: self._ends, self._pause)

    def _next(self) -> Checkpoint | None:
        """Wait for a checkpoint and return it; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._newest or self._ends)
            found, self._newest = self._newest, None
            return found


def stamp_of(url: str, checkpoint: Checkpoint) -> bytes:
    """Return the answer of the authority at `url` to the line of `checkpoint`, a TimeStampResp.

    Only an auditor, who chooses the authority to trust, verifies its signature.

    Raises
    ------
    OSError, HTTPException
        If the authority cannot be reached, or answers with an error of HTTP.
    ValueError
        If it granted no stamp, or one for another request.
    """
    digest, nonce = hashlib.sha256(checkpoint.line().encode()).digest(), _nonce()
    asked = _sequence(_VERSION + _SHA256 + digest + nonce + _WITH_CERTIFICATES)
    request = urllib.request.Request(
        url, asked, {"Content-Type": "application/timestamp-query"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as reply:
            answer: bytes = reply.read(_MOST_BYTES)
    except HTTPError as refused:
        refused.close()
        raise
    if _status(answer) not in _GRANTED:
        raise ValueError("the authority granted no time stamp")
    if digest not in answer or nonce not in answer:
        raise ValueError("the time stamp is for another request")
    return answer


def _nonce() -> bytes:
    # A first byte of 1 keeps the DER integer positive and its length fixed.
    return b"\x02\x09\x01" + secrets.token_bytes(8)


def _sequence(content: bytes) -> bytes:
    return bytes([0x30, len(content)]) + content


def _status(answer: bytes) -> int:
    """Return PKIStatus, the first integer of a TimeStampResp (RFC 3161, 2.4.2).

    Raises
    ------
    ValueError
        If `answer` is none.
    """
    content = answer
    for _ in ("TimeStampResp", "PKIStatusInfo"):
        if len(content) < 2 or content[0] != 0x30:
            raise ValueError("the authority answered with something else than a time stamp")
        # A length above 127 says in how many bytes it follows (X.690, 8.1.3).
        content = content[2 + (content[1] & 0x7F if content[1] & 0x80 else 0) :]
    if len(content) < 3 or content[:2] != b"\x02\x01":
        raise ValueError("the authority answered with something else than a time stamp")
    return content[2]
