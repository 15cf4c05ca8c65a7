"""Decisions in the ledger: one kernel call for many, one decision per question, stored answers."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from api.decisions.commands import Decide
from api.decisions.schemas import DecisionShape
from api.editions.in_use import Resources
from api.ledger.commands import Answer, IdempotencyScope, View, Written
from api.ledger.entries import Kind, NewEntry
from api.ledger.errors import InProgressError, KeyReusedError
from api.ledger.idempotency import REPLAYED
from api.ledger.writer import Ledger
from model.decision.decision import decide
from tests.support.ledger.filling import fill


def decisions_in(ledger: Ledger) -> int:
    with ledger.read() as view:
        return len(view.entries_where(["DECISION"]))


def under(command: Decide, key: str, actor: str = "officer-1") -> Decide:
    asked = {"member_id": command.member_id, **command.request.__dict__}
    return replace(
        command, actor=actor, idempotency=IdempotencyScope.of(actor, "post_decision", key, asked)
    )


def test_decided_together_equals_decided_alone(
    ledger: Ledger, asks: list[Decide], resources: Resources
) -> None:
    fill(ledger, iter(asks))
    with ledger.read() as view:
        made = [entry.body["answer"] for entry in view.entries_where(["DECISION"])]
    assert len(made) == len(asks)
    for answer, ask in zip(made, asks, strict=True):
        columns = resources.edition.columns(ask.member_id)
        assert columns is not None
        alone = decide(
            columns,
            ask.request,
            resources.edition.manifest.day,
            resources.policy,
            resources.card.card,
        )
        assert (answer["outcome"], answer["points"], answer["pd"]) == (
            alone.outcome,
            alone.points,
            alone.pd,
        )
        assert [each["code"] for each in answer["reasons"]] == [r.code for r in alone.reasons]
        codes = [k.code for k in alone.knock_outs]
        # Without consent nothing else is looked at.
        expected = ["NO_CONSENT"] if "NO_CONSENT" in codes else codes
        assert [each["code"] for each in answer["knock_outs"]] == expected


def test_the_bytes_sent_have_the_declared_shape_and_nothing_else(
    ledger: Ledger, asks: list[Decide]
) -> None:
    for ask in asks:
        sent = json.loads(ledger.write_now(ask).body)
        assert DecisionShape.model_validate_json(json.dumps(sent)).model_dump(mode="json") == sent


def test_no_identifier_of_the_member_is_in_the_chain(
    ledger: Ledger, asks: list[Decide], resources: Resources
) -> None:
    fill(ledger, iter(asks))
    with ledger.read() as view:
        written = json.dumps([entry.__dict__ for entry in view.entries_where()], default=str)
    for ask in asks:
        person = resources.edition.person(ask.member_id)
        assert person is not None
        assert ask.member_id not in written
        assert str(person["name"]) not in written
        assert str(person["id_number"]) not in written


def test_the_same_key_and_body_gets_the_first_answer_byte_by_byte(
    ledger: Ledger, asks: list[Decide]
) -> None:
    first = ledger.write_now(asks[0])
    # Tomorrow it would be another question; under the same key it is the same request.
    again = ledger.write_now(replace(asks[0], today=asks[0].today + timedelta(days=1)))
    assert again == Answer(200, first.body, {REPLAYED: "true"})
    assert first.headers == {}
    assert decisions_in(ledger) == 1


def test_the_same_key_with_another_body_is_refused(ledger: Ledger, asks: list[Decide]) -> None:
    one, other = under(asks[0], "key"), under(asks[1], "key")
    ledger.write_now(one)
    with pytest.raises(KeyReusedError):
        ledger.write_now(other)
    assert decisions_in(ledger) == 1


def test_the_same_key_of_another_officer_is_another_key(ledger: Ledger, asks: list[Decide]) -> None:
    ledger.write_now(under(asks[0], "key", "officer-1"))
    ledger.write_now(under(asks[1], "key", "officer-2"))
    assert decisions_in(ledger) == 2


@dataclass
class Slow:
    """Waits inside the transaction until it may end."""

    idempotency: IdempotencyScope | None
    began: threading.Event
    may_end: threading.Event

    def run(self, view: View) -> Written:
        self.began.set()
        assert self.may_end.wait(20)
        return Written(Answer(200, b"done"), (consent("CONSENT_GIVEN", view.subject_of("M")),))


def consent(kind: Kind, subject: str) -> NewEntry:
    return NewEntry(
        kind, subject, None, "999901001001", "teller-1", None, None, {}, str(uuid.uuid4())
    )


def test_a_key_in_progress_is_refused_and_later_answered(ledger: Ledger) -> None:
    slow = Slow(IdempotencyScope.of("a", "r", "k", {}), threading.Event(), threading.Event())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ledger.write_now, slow)
        assert slow.began.wait(20)
        with pytest.raises(InProgressError):
            ledger.write_now(slow)
        slow.may_end.set()
        assert first.result(20).body == b"done"
    assert ledger.write_now(slow).headers == {REPLAYED: "true"}


def test_sixteen_threads_with_one_key_make_one_decision(ledger: Ledger, asks: list[Decide]) -> None:
    def pressed(_: int) -> Answer | None:
        try:
            return ledger.write_now(asks[0])
        except InProgressError:
            return None

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(pressed, range(16)))
    assert len({answer.body for answer in answers if answer}) == 1
    assert decisions_in(ledger) == 1


def test_officers_with_the_same_question_at_once_get_one_decision(
    ledger: Ledger, asks: list[Decide]
) -> None:
    async def at_once() -> Sequence[Answer]:
        pressed = [under(asks[0], f"key-{n}", f"officer-{n}") for n in range(16)]
        return await asyncio.gather(*map(ledger.write, pressed))

    answers = asyncio.run(at_once())
    late = ledger.write_now(under(asks[0], "late", "officer-99"))
    assert len({answer.body for answer in (*answers, late)}) == 1
    assert all(answer.headers == {} for answer in (*answers, late))
    with ledger.read() as view:
        entries = view.entries_of_decision(json.loads(late.body)["decision_id"])
    assert [entry.kind for entry in entries] == ["DECISION"] + ["REPEATED"] * 16
    assert {entry.actor for entry in entries} == {
        *(f"officer-{n}" for n in range(16)),
        "officer-99",
    }


def test_another_day_or_amount_is_another_question(ledger: Ledger, asks: list[Decide]) -> None:
    ask = asks[0]
    more = replace(ask, request=replace(ask.request, amount_yuan=ask.request.amount_yuan + 1))
    tomorrow = replace(ask, today=ask.today + timedelta(days=1))
    for number, each in enumerate((ask, more, tomorrow)):
        ledger.write_now(under(each, str(number)))
    assert decisions_in(ledger) == 3


@dataclass
class Consent:
    """Appends a consent entry for a member."""

    member_id: str
    kind: Kind
    idempotency: IdempotencyScope | None = None

    def run(self, view: View) -> Written:
        return Written(Answer(200, b""), (consent(self.kind, view.subject_of(self.member_id)),))


def test_a_consent_withdrawn_since_the_edition_declines_and_is_not_scored(
    ledger: Ledger, asks: list[Decide], resources: Resources
) -> None:
    ask = next(a for a in asks if a.profile.numbers[_consent_place(resources)] == 1.0)

    async def at_once() -> list[Answer]:
        return await asyncio.gather(
            ledger.write(under(ask, "before")),
            ledger.write(Consent(ask.member_id, "CONSENT_WITHDRAWN")),
            ledger.write(under(ask, "between")),
            ledger.write(Consent(ask.member_id, "CONSENT_GIVEN")),
            ledger.write(under(replace(ask, today=ask.today + timedelta(days=1)), "after")),
        )

    before, _, between, _, after = (
        json.loads(answer.body) if answer.body else {} for answer in asyncio.run(at_once())
    )
    assert before["points"] is not None
    assert (between["outcome"], between["points"], between["reasons"]) == ("DECLINE", None, [])
    assert between["knock_outs"][0]["code"] == "NO_CONSENT"
    assert after["points"] == before["points"]


def _consent_place(resources: Resources) -> int:
    return resources.edition.numbers.index("consent_in_force")


def test_one_broken_command_leaves_those_decided_with_it_alone(
    ledger: Ledger, asks: list[Decide]
) -> None:
    broken = replace(asks[1], profile=replace(asks[1].profile, texts={}))

    async def at_once() -> list[Answer | BaseException]:
        together = [ledger.write(each) for each in (asks[0], broken, asks[2])]
        return await asyncio.gather(*together, return_exceptions=True)

    answers = asyncio.run(at_once())
    assert [isinstance(each, Answer) for each in answers] == [True, False, True]
    assert decisions_in(ledger) == 2
