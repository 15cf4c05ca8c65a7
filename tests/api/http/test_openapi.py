"""The OpenAPI document and docs/reference/api.md cover everything the service can answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import jsonschema_rs
import pytest

from api.core.settings import Settings
from api.decisions.schemas import DecisionRequest, DecisionShape
from api.http.fields import EXPECTED, PURPOSES
from api.http.problem_kinds import KINDS
from api.server.app import create_app
from model.policy.policy import policy_on
from model.profile.dictionary import Text, member_dictionary
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "api" / "http" / "openapi_examples.json"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return create_app(Settings(tmp_path_factory.mktemp("home"))).openapi()


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield method.upper(), path, operation


def test_every_route_is_on_the_page_and_every_address_of_the_page_is_a_route(
    document: dict[str, Any],
) -> None:
    routes = {f"{method} {path}" for method, path, _ in _operations(document)}
    listed = {
        line.split("`")[1] for line in PAGE.splitlines() if line.startswith(("| `GET", "| `POST"))
    }
    assert listed == routes


def test_every_kind_of_problem_is_on_the_page_with_its_status() -> None:
    for kind in KINDS.values():
        assert f"| `{kind.type}` | {kind.status} |" in PAGE


def test_every_refusal_is_a_typed_problem(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (method, path)
                schema = response["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ProblemShape"}


def test_a_decision_declares_every_status_it_can_answer(document: dict[str, Any]) -> None:
    responses = document["paths"]["/v1/decisions"]["post"]["responses"]
    assert set(responses) == {
        "200", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "500", "503",
    }  # fmt: skip


def test_operations_have_names_a_client_can_use(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


def test_the_examples_are_valid_and_complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for shape in (DecisionRequest, DecisionShape):
        (example,) = schemas[shape.__name__]["examples"]
        parsed = shape.model_validate_json(json.dumps(example))
        assert parsed.model_dump(mode="json") == example


def _examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Yield the place, the schema and each example of every parameter, body and answer."""
    for method, path, operation in _operations(document):
        where = f"{method} {path}"
        for parameter in operation.get("parameters", ()):
            yield f"{where} {parameter['name']}", parameter["schema"], parameter.get("example")
        for status, part in {
            "body": operation.get("requestBody", {}),
            **operation["responses"],
        }.items():
            for content in part.get("content", {}).values():
                schema = content.get("schema", {"type": "string"})
                named = schema.get("$ref", "").rpartition("/")[2]
                of_schema = document["components"]["schemas"].get(named, {}).get("examples", [None])
                examples = [each["value"] for each in content.get("examples", {}).values()]
                own = [content["example"]] if "example" in content else []
                for example in examples or own or of_schema:
                    yield f"{where} {status}", schema, example


def test_every_parameter_body_and_answer_has_an_example_that_fits_its_schema(
    document: dict[str, Any],
) -> None:
    found = list(_examples(document))
    assert [where for where, _, example in found if example is None] == []
    wrong = {}
    for where, schema, example in found:
        complete = {"components": document["components"], "allOf": [schema]}
        for error in jsonschema_rs.Draft202012Validator(complete).iter_errors(example):
            wrong[where] = error.message
    assert wrong == {}
    assert len(found) > 400


def test_every_example_has_a_route_or_parameter(
    document: dict[str, Any],
) -> None:
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    names = {operation["operationId"] for _, _, operation in _operations(document)}
    sent = {p["name"] for _, _, o in _operations(document) for p in o.get("parameters", ())}
    assert examples["answers"].keys() | examples["bodies"].keys() <= names
    assert examples["parameters"].keys() == sent


def test_the_decision_has_the_stable_shape() -> None:
    assert set(DecisionShape.model_fields) >= {
        "decision_id", "outcome", "tier", "points", "pd", "grade", "limit_yuan", "annual_rate",
        "months", "limit_bound_by", "reasons", "knock_outs", "as_of", "policy_digest",
        "card_digest", "valid_until",
    }  # fmt: skip


def test_every_input_has_an_expectation_in_both_languages(document: dict[str, Any]) -> None:
    named = set(DecisionRequest.model_fields)
    for _, path, operation in _operations(document):
        if path.startswith("/v1"):
            named |= {parameter["name"] for parameter in operation.get("parameters", ())}
    assert named <= EXPECTED.keys()
    assert all(text.zh and text.en for text in EXPECTED.values())


def test_purposes_are_those_of_the_archive() -> None:
    assert PURPOSES == ("inputs", "livestock", "equipment", "trade", "land", "other")
    assert all(f"`{purpose}`" in PAGE for purpose in PURPOSES)


def _coded(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"code", "zh", "en"} <= value.keys():
            yield value
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        yield from _coded(each)


def test_examples_tell_reasons_and_rules_in_the_words_of_today() -> None:
    policy = policy_on(date(2023, 10, 1))
    known = {rule.code: rule.text for rule in (*policy.rules, *policy.request_rules)}
    for own in member_dictionary():
        known |= {own.name.upper(): own.reason, f"{own.name.upper()}_MISSING": own.missing}
    told = list(_coded(json.loads(EXAMPLES.read_text(encoding="utf-8"))))
    assert sum(each["code"] in known for each in told) > 15
    for each in told:
        if each["code"] in known:
            assert Text(each["zh"], each["en"]) == known[each["code"]]
