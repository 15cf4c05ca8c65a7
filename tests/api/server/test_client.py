"""A client generated from the document works against the running service."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.access.accounts import Accounts
from api.access.first_run import create_account
from api.editions.edition import Edition, PlaceFilter
from tests.support.service.running import Running, serving


@pytest.fixture(scope="module")
def running(published_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("client")
    with serving(Path(shutil.copytree(published_home, folder / "home")), folder / "log") as found:
        yield found


@pytest.fixture(scope="module")
def generated(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package, importable for as long as the module's tests run."""
    folder = tmp_path_factory.mktemp("generated")
    document, package = folder / "openapi.json", folder / "rongzi_client"
    document.write_text(running.get("/openapi.json")[1], encoding="utf-8")
    program = str(Path(sys.executable).with_name("openapi-python-client"))
    options = ["--path", str(document), "--output-path", str(package), "--meta", "none"]
    done = subprocess.run(
        [program, "generate", *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(folder))
    yield package.name
    sys.path.remove(str(folder))


def test_from_decision_to_disbursement_with_the_generated_client(
    running: Running, generated: str
) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{generated}.{name}")

    row = next(
        row
        for row in Edition.current(running.home).page(PlaceFilter(), "FIRST", None, 100)
        if row["limit_yuan"] >= 5_000
    )
    # Who decided never pays out.
    with _signed_in(part, running, "officer-1") as asks, _signed_in(part, running, "pays") as pays:
        _walk(part, asks, pays, row)


def _signed_in(part: Callable[[str], Any], running: Running, name: str) -> Any:
    """Return a client with a token for an officer's password from the public route."""
    token = _token(part, running, name)
    return part("client").AuthenticatedClient(
        base_url=running.url, token=token, raise_on_unexpected_status=True
    )


def _token(part: Callable[[str], Any], running: Running, name: str) -> str:
    with closing(Accounts(running.settings)) as accounts:
        (officer,) = create_account(accounts, [(name, ("officer",), ("",))])
    models, client = part("models"), part("client").Client(base_url=running.url)
    ask = part("api.signing_in.post_token").sync
    mistaken, right = (
        models.TokenRequest("password", officer.name, password)
        for password in (officer.password + "x", officer.password)
    )
    with client:
        refused, granted = ask(client=client, body=mistaken), ask(client=client, body=right)
    assert (refused.type_, refused.status) == ("/problems/wrong-credentials", 400)
    assert refused.error == "invalid_grant"
    assert granted.token_type == "bearer"
    token: str = granted.access_token
    return token


def _walk(part: Callable[[str], Any], client: Any, pays: Any, row: dict[str, Any]) -> None:
    models = part("models")
    asked = models.DecisionRequest(
        member_id=row["member_id"],
        amount_yuan=5_000,
        months=row["months"],
        purpose=models.DecisionRequestPurpose("inputs"),
    )
    decision = part("api.decisions.post_decision").sync(
        client=client, body=asked, idempotency_key="client-1"
    )
    assert decision.outcome == "APPROVE"
    again = part("api.decisions.post_decision").sync(
        client=client, body=asked, idempotency_key="client-1"
    )
    assert again == decision
    explanation = part("api.decisions.get_explanation").sync(
        client=client, decision_id=decision.decision_id
    )
    assert explanation.decision_id == decision.decision_id
    paid = part("api.decisions.post_disbursement").sync(
        client=pays,
        decision_id=decision.decision_id,
        body=models.DisbursementRequest(amount_yuan=3_000),
        idempotency_key="client-2",
    )
    assert not isinstance(paid, models.ProblemShape), paid
    assert paid.drawn_yuan == 3_000
    refused = part("api.decisions.post_disbursement").sync(
        client=pays,
        decision_id=decision.decision_id,
        body=models.DisbursementRequest(amount_yuan=3_000),
        idempotency_key="client-3",
    )
    assert isinstance(refused, models.ProblemShape)
