"""What a member's page shows without consent: identity, place and that there is no consent."""

from __future__ import annotations

import json

import pyarrow.parquet as pq

from tests.support.fixtures.branch import Branch


def test_a_member_without_consent_shows_identity_and_consent_only(branch: Branch) -> None:
    rows = pq.read_table(branch.home / "rows.parquet").to_pylist()
    silent = [row["member_id"] for row in rows if "NO_CONSENT" in row["knock_outs"]]
    officer = branch.headers("officer")
    pages = []
    for member in silent[:8]:
        found = branch.ask("get_member", officer, member_id=member).json()
        assert found["profile"] == {}
        assert found["identity"].keys() == {"name", "id_number", "phone"}
        for personal in ("identity", "place", "member_id"):
            del found[personal]
        pages.append(json.dumps(found))
    # Whoever it is, the page says the same.
    assert len(set(pages)) == 1
    standing = json.loads(pages[0])
    assert [each["code"] for each in standing["knock_outs"]] == ["NO_CONSENT"]
    assert (standing["tier"], standing["limit_yuan"], standing["points"]) == ("NONE", 0, None)


def test_a_withdrawal_at_the_counter_empties_the_page_at_once(branch: Branch) -> None:
    officer, member = branch.headers("officer"), branch.member["member_id"]
    assert branch.ask("get_member", officer).json()["profile"]
    address = branch.address("post_consent_withdrawal", {"member_id": member})
    done = branch.loop.run_until_complete(
        branch.client.post(
            address, json={"evidence": "paper"}, headers=officer | {"Idempotency-Key": "withdraw"}
        )
    )
    assert done.status_code == 201, done.text
    found = branch.ask("get_member", officer).json()
    assert (found["profile"], found["tier"], found["limit_yuan"]) == ({}, "NONE", 0)
