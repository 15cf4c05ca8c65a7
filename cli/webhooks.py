"""``rongzi webhooks``: manage the endpoints that receive the ledger's events."""

from __future__ import annotations

import os
from pathlib import Path

import click

from api.core.settings import DEFAULT_HOME, HOME, Settings
from api.webhooks.endpoints import Endpoint, Endpoints
from cli.groups import HomeGroup
from cli.json_output import tell

_home = click.option("--home", type=click.Path(path_type=Path), help="default: RONGZI_HOME or data")


@click.group(name="webhooks", cls=HomeGroup)
def command() -> None:
    """Add, list and remove endpoints; a running service uses the change at once."""


@command.command()
@click.argument("name")
@click.argument("url")
@click.option("--from-start", is_flag=True, help="Send the whole ledger, not only new events.")
@_home
def add(name: str, url: str, from_start: bool, home: Path | None) -> None:
    """Send events to URL, and print once the secret that verifies them."""
    allowed = Settings.from_env().webhook_networks
    endpoint = _endpoints(home).add(name, url, from_start, allowed)
    tell(name=name, url=endpoint.url, secret=endpoint.secret)
    click.echo(f"secret of {name}, shown only now: {endpoint.secret}")


@command.command(name="list")
@_home
def list_(home: Path | None) -> None:
    """Show every endpoint with its state and the last event sent."""
    endpoints = _endpoints(home)
    tell(endpoints=[_told(endpoints, name, each) for name, each in sorted(endpoints.all().items())])
    for name, endpoint in sorted(endpoints.all().items()):
        progress = endpoints.progress(name)
        state = "dead" if progress.is_dead else "retrying" if progress.failures else "ok"
        sent = "not begun" if progress.seq is None else f"sent up to {progress.seq}"
        why = f", {progress.failures} failures, last: {progress.last_failure}"
        click.echo(f"{name}  {endpoint.url}  {state}, {sent}{why if progress.failures else ''}")


@command.command()
@click.argument("name")
@_home
def remove(name: str, home: Path | None) -> None:
    """Stop sending to an endpoint."""
    _endpoints(home).remove(name)
    tell(name=name, removed=True)
    click.echo(f"{name} is removed")


def _told(endpoints: Endpoints, name: str, endpoint: Endpoint) -> dict[str, object]:
    progress = endpoints.progress(name)
    return {
        "name": name, "url": endpoint.url, "sent_up_to": progress.seq,
        "failures": progress.failures, "is_dead": progress.is_dead,
    }  # fmt: skip


def _endpoints(home: Path | None) -> Endpoints:
    return Endpoints(home or Path(os.environ.get(HOME) or DEFAULT_HOME))
