"""What the page for the way fetches and sends: whose, in which place, and once."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from api.console.session import form_token
from api.console.static_files import address_of
from api.editions.in_use import today_in_china
from tests.api.console.test_pages import assert_plain
from tests.support.console.visitor import SESSION, Visitor
from tests.support.fixtures.branch import ELSEWHERE, Branch

SHELL = ("/console/away/zh", "/console/away/en")


def _pack(branch: Branch, visitor: Visitor, **headers: str) -> httpx.Response:
    return visitor.get(f"/console/away/villages/{branch.member['village_code']}?lang=zh", **headers)


def _send(visitor: Visitor, **fields: str) -> httpx.Response:
    """Send a note as the page does: with the token that it was told."""
    told = visitor.get("/console/away/session").json()
    return visitor.post("/console/away/notes", {"lang": "zh", "token": told["token"]} | fields)


def _visit(branch: Branch, key: str) -> dict[str, str]:
    return {
        "kind": "visit", "key": key, "member_id": branch.member["member_id"],
        "visited_on": today_in_china().isoformat(), "proof": "document", "income.wages": "36,000",
        "note": "看了用工合同，复印件存网点",
    }  # fmt: skip


def _visits(branch: Branch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = branch.ask("get_visits", branch.headers("auditor")).json()
    return found


def test_the_page_is_the_same_for_everybody(branch: Branch) -> None:
    for path in SHELL:
        stranger, officer = Visitor(branch).get(path), Visitor.of(branch, "officer").get(path)
        assert stranger.status_code == 200
        assert stranger.text == officer.text
        assert "officer" not in officer.text
        assert form_token("", "") not in officer.text
        assert_plain(officer)
    assert Visitor(branch).get("/console/away/fr").status_code == 404


def test_the_worker_keeps_page_scripts_and_stylesheet_alone(branch: Branch) -> None:
    answer = Visitor(branch).get("/console/away/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    kept = json.loads(re.search(r"SHELL = (\[.*\]);", answer.text)[1])  # type: ignore[index]
    page = Visitor(branch).get("/console/away/zh").text
    loaded = re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page)
    assert set(kept) == {*SHELL, *loaded}
    assert all(Visitor(branch).get(each).status_code == 200 for each in kept)


def test_the_manifest_opens_the_page_within_its_scope(branch: Branch) -> None:
    for path in SHELL:
        found = Visitor(branch).get(f"{path}.webmanifest")
        assert found.headers["content-type"].startswith("application/manifest+json")
        assert found.json()["start_url"] == path
        assert path.startswith(found.json()["scope"])
        assert found.json()["icons"][0]["src"] == address_of("icon.svg")


def test_a_pack_is_the_village_sheet_of_whoever_takes_it(branch: Branch) -> None:
    pack = _pack(branch, Visitor.of(branch, "officer")).json()
    village = branch.member["village_code"]
    address = f"/v1/villages/{village}/sheet?page_size=500"
    sheet = branch.send("get", address, branch.headers("officer")).json()
    assert pack["village"]["rows"] == sheet["rows"]
    assert pack["village"]["account"] == "officer.all"
    assert 0 < pack["seconds"] <= 86_400


def test_a_pack_is_refused_as_its_route_refuses_it(branch: Branch) -> None:
    assert _pack(branch, Visitor.of(branch, "manager")).status_code == 403
    elsewhere = Visitor.of(branch, "officer", places=(ELSEWHERE,))
    assert _pack(branch, elsewhere).status_code == 404
    stranger = Visitor(branch, cookies={SESSION: "no.such.token"})
    assert _pack(branch, stranger, **{"HX-Request": "true"}).status_code == 401


def test_a_note_sent_twice_is_carried_out_once(branch: Branch) -> None:
    officer, before = Visitor.of(branch, "officer", account="walker"), len(_visits(branch))
    first, second = (_send(officer, **_visit(branch, "on-the-way-1")) for _ in range(2))
    assert first.json()["status"] == "sent"
    assert second.json() == first.json()
    assert len(_visits(branch)) == before + 1


def test_a_note_without_the_token_of_the_session_is_not_carried_out(branch: Branch) -> None:
    officer, before = Visitor.of(branch, "officer", account="walker"), len(_visits(branch))
    note = _visit(branch, "on-the-way-2") | {"lang": "zh"}
    for token in ("", form_token("another visit", "walker")):
        answer = officer.post("/console/away/notes", note | {"token": token})
        assert (answer.status_code, answer.json()["status"]) == (409, "again")
    assert len(_visits(branch)) == before


def test_a_refusal_is_told_in_sentences(branch: Branch) -> None:
    officer = Visitor.of(branch, "officer", account="walker")
    note = _visit(branch, "on-the-way-3")
    empty = _send(officer, **{n: text for n, text in note.items() if n != "income.wages"})
    assert empty.json()["status"] == "refused"
    assert "还没有填写核实的内容" in empty.json()["sentences"]
    wrong = _send(officer, **(note | {"visited_on": "2023-01-01", "key": "on-the-way-4"}))
    assert wrong.json()["status"] == "refused"
    assert "请填写今天或此前 30 天内的一天" in wrong.json()["sentences"]
    foreign = Visitor.of(branch, "officer", places=(ELSEWHERE,), account="stroller")
    assert _send(foreign, **note).status_code == 404
    assert _send(officer, **(note | {"kind": "erasure"})).json()["status"] == "refused"
    assert _send(officer, **(note | {"key": ""})).json()["status"] == "refused"
