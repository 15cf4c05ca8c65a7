"""The deployment notes: the drill is run as printed, unit and proxy are read by their programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import make_url

from api.deciding import Decide
from api.ledger.writer import Ledger
from api.settings import Settings
from benchmarks.ledger_filling import fill, look_around
from benchmarks.postgres import Postgres

NOTES = (Path(__file__).parent.parent / "docs" / "deployment.md").read_text(encoding="utf-8")


def _block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", NOTES, flags=re.DOTALL)
    (found,) = [block for block in blocks if holding in block]
    return str(found)


def _run(script: str, folder: Path, **told: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{told.pop('PATH', '')}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, **told, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _filled(settings: Settings, asks: list[Decide]) -> Ledger:
    ledger = Ledger.open(settings)
    fill(ledger, iter(asks[:10]))
    look_around(ledger, 2)
    return ledger


def test_the_drill_on_sqlite_restores_a_sound_ledger_as_printed(
    tmp_path: Path, asks: list[Decide]
) -> None:
    ledger = _filled(Settings(home=tmp_path / "data"), asks)
    (tmp_path / "backup").mkdir()
    told = _run(_block("sh", "sqlite3.connect"), tmp_path)
    ledger.close()
    assert told.startswith("sound: 10 entries"), told


def test_the_drill_on_postgresql_restores_a_sound_ledger_as_printed(
    tmp_path: Path, asks: list[Decide], postgres: Postgres
) -> None:
    address = postgres.new_database()
    url = make_url(address)
    ledger = _filled(Settings(home=tmp_path / "data", database_url=address), asks)
    (tmp_path / "backup").mkdir()
    libpq = {"PGHOST": str(url.host), "PGPORT": str(url.port), "PGUSER": str(url.username)}
    told = _run(
        _block("sh", "pg_dump"),
        tmp_path,
        RONGZI_DATABASE_URL=address,
        PATH=f"{postgres.programs}{os.pathsep}",
        **libpq,
    )
    ledger.close()
    assert told.startswith("sound: 10 entries"), told


UNIT = _block("ini", "[Service]")


def test_the_unit_says_what_the_notes_promise() -> None:
    said = dict(line.split("=", 1) for line in UNIT.splitlines() if re.match(r"\w+=", line))
    assert said["ExecStart"].split()[1:2] == ["serve"]
    assert (said["KillMode"], said["Restart"], said["User"]) == ("mixed", "always", "rongzi")
    # Drain and a last answer fit in: api/serving.py.
    assert int(said["TimeoutStopSec"]) >= 20
    for closed in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome"):
        assert said[closed] == "yes"
    assert said["ProtectSystem"] == "strict"
    assert "/var/lib/rongzi" in said["ReadWritePaths"]
    assert "PASSWORD" not in UNIT.upper().replace("A PASSWORD BELONGS", "")


def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed; the unit's lines are held by another test")
    unit = tmp_path / "rongzi.service"
    unit.write_text(UNIT.replace("/opt/rongzi/.venv/bin/rongzi", "/bin/true"))
    done = subprocess.run(
        [program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    faults = [line for line in done.stderr.splitlines() if "rongzi.service" in line]
    assert faults == [], done.stderr


def test_nginx_takes_the_proxy_as_printed(tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None and os.environ.get("RONGZI_REQUIRE_ALL") == "1":
        pytest.fail("RONGZI_REQUIRE_ALL=1, but nginx is not installed")
    if program is None:
        pytest.skip("nginx is not installed")
    certificate, key = _certificate(tmp_path)
    site = _block("nginx", "proxy_pass")
    site = site.replace("/etc/ssl/rongzi.pem", str(certificate))
    site = site.replace("/etc/ssl/private/rongzi.key", str(key))
    conf = tmp_path / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = "\n".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    conf.write_text(
        f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{kept}\n{site}\n}}\n"
    )
    done = subprocess.run(
        [program, "-t", "-c", str(conf), "-e", str(tmp_path / "error.log")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr, done.stderr


def test_the_proxy_is_stricter_than_the_service_and_hides_what_is_internal() -> None:
    site = _block("nginx", "proxy_pass")
    assert "location = /metrics { return 404; }" in site
    assert "client_max_body_size 16k;" in site
    assert "proxy_next_upstream off;" in site
    # The address that the limit by source believes is the one nginx saw, never the client's word.
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in site
    assert "$proxy_add_x_forwarded_for" not in site


def _certificate(folder: Path) -> tuple[Path, Path]:
    """Return the paths of a certificate signed by itself and of its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(tz=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "rongzi.example.org")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private
