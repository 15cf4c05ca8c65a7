"""The card on disk: a file that differs from what was signed is refused before it is parsed."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from model.card import card_file
from model.card.card_file import CARD, MANIFEST, key_id, read_card, sign_card, write_card
from model.card.card_json import card_to_json
from model.errors import CardError, GivenError

NOON = datetime(2023, 10, 1, 12, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


@pytest.fixture
def signed(tmp_path, member_card):
    write_card(tmp_path, member_card)
    sign_card(tmp_path, KEY, "王审批", NOON)
    return tmp_path


def test_a_signed_card_is_read_with_its_digest_and_approval(signed, member_card):
    found = read_card(signed, [KEY.public_key()])
    assert card_to_json(found.card) == card_to_json(member_card)
    assert len(found.digest) == 64
    assert (found.approved_by, found.approved_at) == ("王审批", "2023-10-01T12:00:00+00:00")


@pytest.mark.parametrize("name", [CARD, MANIFEST])
def test_two_hundred_flipped_bits_are_all_refused(signed, name):
    path = signed / name
    whole = path.read_bytes()
    dice = random.Random(54)
    for _ in range(200):
        at, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        with pytest.raises(CardError):
            read_card(signed, [KEY.public_key()])


@pytest.mark.parametrize("name", [CARD, MANIFEST])
def test_a_cut_or_lengthened_file_is_refused(signed, name):
    path = signed / name
    whole = path.read_bytes()
    for payload in (b"", whole[:-1], whole[: len(whole) // 2], whole + b"\n", whole + whole):
        path.write_bytes(payload)
        with pytest.raises(CardError):
            read_card(signed, [KEY.public_key()])


def test_nothing_is_parsed_before_signature_and_digest_hold(signed, monkeypatch):
    def parsed(payload):
        raise AssertionError("parsed an unverified card")

    monkeypatch.setattr(card_file, "card_from_json", parsed)
    (signed / CARD).write_bytes((signed / CARD).read_bytes().replace(b"575", b"999"))
    with pytest.raises(CardError, match="altered"):
        read_card(signed, [KEY.public_key()])


def test_a_card_swapped_for_another_with_its_own_digest_is_refused(signed, member_card, tmp_path):
    other = tmp_path / "other"
    write_card(other, replace(member_card, base=900))
    (signed / CARD).write_bytes((other / CARD).read_bytes())
    (signed / MANIFEST).write_bytes((other / MANIFEST).read_bytes())
    with pytest.raises(CardError, match="not signed; run: rongzi promote"):
        read_card(signed, [KEY.public_key()])


def test_a_signature_by_a_key_nobody_trusts_is_refused(signed):
    with pytest.raises(CardError, match="not trusted here"):
        read_card(signed, [OTHER.public_key()])
    with pytest.raises(CardError, match="trusted: none"):
        read_card(signed, [])


def test_a_signature_that_claims_a_trusted_key_is_refused(signed):
    forged = (signed / MANIFEST).read_text(encoding="utf-8")
    theirs = forged.replace(key_id(KEY.public_key()), key_id(OTHER.public_key()))
    (signed / MANIFEST).write_text(theirs, encoding="utf-8")
    with pytest.raises(CardError, match="signature does not fit"):
        read_card(signed, [KEY.public_key(), OTHER.public_key()])


def test_an_unknown_version_is_refused_with_what_to_do(signed):
    text = (signed / MANIFEST).read_text(encoding="utf-8")
    (signed / MANIFEST).write_text(text.replace("rongzi-card/1", "rongzi-card/7"), encoding="utf-8")
    with pytest.raises(CardError, match=r"unknown to this version.*use the release"):
        read_card(signed, [KEY.public_key()])


def test_an_unsigned_card_is_read_only_if_no_signature_is_required(tmp_path, member_card):
    write_card(tmp_path, member_card)
    assert read_card(tmp_path).approved_by is None
    with pytest.raises(CardError, match="not signed"):
        read_card(tmp_path, [KEY.public_key()])


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "x" * 201, "tab\there"])
def test_an_approver_must_be_one_printable_line(tmp_path, member_card, name):
    write_card(tmp_path, member_card)
    with pytest.raises(GivenError, match="one printable line"):
        sign_card(tmp_path, KEY, name, NOON)


def test_a_missing_or_huge_file_is_refused(tmp_path, member_card, monkeypatch):
    with pytest.raises(CardError, match="cannot be read"):
        read_card(tmp_path)
    write_card(tmp_path, member_card)
    monkeypatch.setattr(card_file, "MAX_BYTES", 100)
    with pytest.raises(CardError, match="larger than"):
        read_card(tmp_path)
