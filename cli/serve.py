"""``rongzi serve``: run the decision service."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import home_option

_REMOTE = (
    "other machines can reach {host}, and tokens would travel unencrypted; bind to 127.0.0.1"
    " behind a proxy that terminates TLS, or name that proxy in RONGZI_TRUSTED_PROXIES"
    " (docs/reference/settings.md), or add --allow-remote"
)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@home_option
@click.option("--allow-remote", is_flag=True, help="Listen on an address that others can reach.")
def command(host: str, port: int, workers: int, home: Path, allow_remote: bool) -> None:
    """Answer decision requests over HTTP from the published card and edition."""
    from api.core.settings import Settings
    from api.ledger.database import Location
    from api.server.serve import address_of, is_loopback, serve, warn_of_root, why_taken

    settings = Settings.from_env()
    Location.of(settings)  # report a wrong setting here, before a worker dies of it
    address = address_of(host)
    if address is None:
        raise click.UsageError(f"{host} is not an IP address; use one such as 127.0.0.1")
    if not (allow_remote or settings.access.trusted_proxies or is_loopback(address)):
        raise click.UsageError(_REMOTE.format(host=host))
    if why := why_taken(address, port):
        raise click.ClickException(
            f"cannot listen at {address}, port {port} ({why}); stop the process that uses it,"
            " or choose another --port"
        )
    warn_of_root()
    serve(address, port, workers, home)
