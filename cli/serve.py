"""``rongzi serve``: the decision service."""

from __future__ import annotations

from pathlib import Path

import click

_REMOTE = (
    "{host} can be reached from other machines, and tokens would travel in the clear; bind to"
    " 127.0.0.1 behind a proxy that terminates TLS, or name that proxy in RONGZI_TRUSTED_PROXIES"
    " (docs/reference/settings.md), or add --allow-remote"
)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option(
    "--home",
    envvar="RONGZI_HOME",
    default="data",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of published cards and editions.",
)
@click.option("--allow-remote", is_flag=True, help="Listen beyond this machine all the same.")
def command(host: str, port: int, workers: int, home: Path, allow_remote: bool) -> None:
    """Answer decision requests over HTTP from the published card and edition."""
    from api.core.settings import Settings
    from api.ledger.database import Location
    from api.server.serve import address_of, is_loopback, serve, why_taken

    settings = Settings.from_env()
    Location.of(settings)  # a worker that found the setting wrong could only die of it
    address = address_of(host)
    if address is None:
        raise click.UsageError(f"{host} is no IP address; use one such as 127.0.0.1")
    if not (allow_remote or settings.access.trusted_proxies or is_loopback(address)):
        raise click.UsageError(_REMOTE.format(host=host))
    if why := why_taken(address, port):
        raise click.ClickException(
            f"cannot listen at {address}, port {port} ({why}); stop what does, or choose --port"
        )
    serve(address, port, workers, home)


if __name__ == "__main__":
    command()
