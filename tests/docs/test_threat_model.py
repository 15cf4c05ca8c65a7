"""docs/reference/threat_model.md agrees with the code: keys, tables, roles and commands."""

from __future__ import annotations

import re

import pytest

from api.access.access_control import AccessControl
from api.access.issuer import NAME as TOKEN_KEY
from api.access.issuer import TOKEN_SECONDS
from api.access.sign_in import LOCK_SECONDS
from api.core.principal import ROLES
from api.core.settings import Settings
from api.ledger.keys import BLIND, SEAL, VAULT
from api.ledger.tables import metadata
from cli.main import _COMMANDS
from data.publishing.signing import SETTINGS
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "reference" / "threat_model.md").read_text(encoding="utf-8")


def test_every_table_that_the_page_names_exists() -> None:
    named = set(
        re.findall(r"`(entries|accesses|identities|accounts|second_factors|sessions)`", PAGE)
    )
    assert named <= metadata.tables.keys()
    assert len(named) == 6


def test_every_key_that_signs_or_opens_is_an_asset() -> None:
    keys = {VAULT, BLIND, SEAL, TOKEN_KEY, "search.key", "retained.key", *SETTINGS.values()}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    written = "".join(
        path.read_text(encoding="utf-8")
        for room in ("api", "data")
        for path in (ROOT / room).rglob("*.py")
    )
    made = set(re.findall(r'"(\w+\.(?:key|pem))"', written)) - {"signing.pem", "edition.pem"}
    assert [key for key in made - {"policy.pem"} if f"`{key}`" not in PAGE] == []


@pytest.mark.parametrize("role", ["officer", "reviewer", "head", "manager", "admin", "operator"])
def test_every_role_that_changes_something_is_an_actor(role: str) -> None:
    assert role in ROLES
    actors = PAGE[PAGE.index("## Actors") : PAGE.index("## Trust boundaries")]
    assert role.replace("admin", "administrator") in actors


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    assert f"an access token for {TOKEN_SECONDS // 60} minutes" in PAGE
    assert f"lock it for {LOCK_SECONDS // 60} minutes" in PAGE


def test_every_command_and_page_that_it_names_exists() -> None:
    named = set(re.findall(r"`rongzi ([a-z-]+)", PAGE))
    assert named <= _COMMANDS.keys()
    links = re.findall(r"\]\(([^)#]+)", PAGE)
    folder = ROOT / "docs" / "reference"
    assert [link for link in links if not (folder / link).exists()] == []


def test_the_service_of_a_home_holds_no_signing_key(tmp_path: object) -> None:
    """The fourth boundary: nothing that the service is made of can sign a card or an edition."""
    served = {"api.server", "api.access", "api.decisions", "api.editions.in_use"}
    for module in served:
        path = ROOT / module.replace(".", "/")
        files = path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]
        for file in files:
            assert "signing_key(" not in file.read_text(encoding="utf-8"), file
    assert AccessControl.__init__.__annotations__["settings"] in (Settings, "Settings")
