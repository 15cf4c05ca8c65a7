"""A time stamp authority (RFC 3161) for a test: ``openssl ts`` behind a server on loopback."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.prerequisites import lacking

_CONFIGURATION = """
[tsa]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/certificate.pem
signer_key = {folder}/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass
class StampAuthority:
    """A running authority.

    Attributes
    ----------
    certificate : Path
        What an auditor trusts.
    answers : callable
        Makes the answer to a request; a test replaces it to fail.
    asked : list of bytes
        The requests so far.
    """

    folder: Path
    certificate: Path
    answers: Callable[[bytes], bytes]
    port: int = 0
    asked: list[bytes] = field(default_factory=list)

    def witness(self, kept: Path) -> str:
        """Return the name of the witness whose stamps are kept in the file `kept`."""
        return f"rfc3161+http://127.0.0.1:{self.port}/tsr#{kept}"

    def reply(self, request: bytes) -> bytes:
        """Return the true answer to `request`."""
        asked, answer = self.folder / "request", self.folder / "answer"
        asked.write_bytes(request)
        _openssl("ts", "-reply", "-config", self.folder / "tsa.cnf", "-section", "tsa",
                 "-queryfile", asked, "-out", answer)  # fmt: skip
        return answer.read_bytes()


@contextmanager
def stamp_authority(folder: Path) -> Iterator[StampAuthority]:
    """Run an authority of its own in `folder` until the end of the block."""
    lacking(*(["openssl"] if shutil.which("openssl") is None else []))
    folder.mkdir()
    (folder / "tsa.cnf").write_text(_CONFIGURATION.format(folder=folder))
    (folder / "serial").write_text("01\n")
    certificate = folder / "certificate.pem"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
             "-subj", "/CN=Stamp Authority", "-keyout", folder / "key.pem", "-out", certificate,
             "-addext", "extendedKeyUsage=critical,timeStamping",
             "-addext", "keyUsage=critical,digitalSignature")  # fmt: skip
    authority = StampAuthority(folder, certificate, lambda request: b"")
    authority.answers = authority.reply
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            request = self.rfile.read(int(self.headers["Content-Length"]))
            with one_at_a_time:
                authority.asked.append(request)
                answer = authority.answers(request)
            self.send_response(200 if answer else 503)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        authority.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield authority
        finally:
            server.shutdown()
            thread.join()


def _openssl(*words: object) -> None:
    done = subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
