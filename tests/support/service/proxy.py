"""Run the reverse proxy of docs/use/deployment.md, without TLS, in front of a service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.service.deployment_page import code_block
from tests.support.service.ports import free_port, listens
from tests.support.service.running import wait_until

_KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx() -> str | None:
    """Return the path of nginx, or None where it is not installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def printed_site() -> str:
    """Return the proxy's configuration as the deployment page prints it."""
    return code_block("nginx", "proxy_pass")


def configuration(site: str, folder: Path) -> str:
    """Return a complete configuration around `site` that writes only in `folder`."""
    site = site.replace("/var/log/nginx", str(folder))
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in _KINDS)
    # If root starts nginx, its worker runs as an account that cannot read a private folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"{user}\npid {folder}/pid;\nevents {{ worker_connections 1024; }}\n"
        f"http {{\n{temporary}\n{site}\n}}\n"
    )


@contextmanager
def behind_proxy(service_port: int, folder: Path, program: str) -> Iterator[int]:
    """Run the printed proxy in front of the service at `service_port`; yield the proxy's port."""
    port = free_port()
    site = re.sub(r"\n *ssl_certificate[^\n]*", "", printed_site())
    site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    site = site.replace("127.0.0.1:8000", f"127.0.0.1:{service_port}")
    conf = folder / "nginx.conf"
    conf.write_text(configuration(site, folder), encoding="utf-8")
    command = [program, "-c", str(conf), "-e", str(folder / "start.log"), "-g", "daemon off;"]
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: listens(port), "listening", process)
            yield port
        finally:
            process.terminate()
