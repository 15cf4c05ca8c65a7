"""The card in use: published, rolled back, and refused if it is damaged or not trusted."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from data.publishing.published_card import (
    cards_folder,
    publish_card,
    published_card,
)
from data.publishing.signing import signing_key, trusted_keys
from model.card.card_file import write_card
from model.errors import CardError

NOON = datetime(2023, 10, 1, 12, tzinfo=UTC)


@pytest.fixture
def two_cards(tmp_path, member_card):
    other = replace(member_card, base=900)
    return tmp_path / "home", *(
        (write_card(tmp_path / name, card), tmp_path / name)
        for name, card in (("first", member_card), ("second", other))
    )


def test_a_published_card_is_found_signed_and_named_by_its_digest(two_cards):
    home, (digest, folder), _ = two_cards
    publication = publish_card(home, folder, "王审批", NOON)
    assert publication.folder == home / "cards" / digest[:16]
    assert publication.replaced is None
    assert (published_card(home).digest, published_card(home).approved_by) == (digest, "王审批")


def test_publishing_the_earlier_card_again_rolls_back(two_cards):
    home, (first, one), (second, two) = two_cards
    publish_card(home, one, "王审批", NOON)
    done = publish_card(home, two, "王审批", NOON)
    assert done.replaced == cards_folder(home) / first[:16]
    assert published_card(home).digest == second
    back = publish_card(home, done.replaced, "李审批", NOON)
    assert (published_card(home).digest, back.replaced) == (first, done.folder)
    assert published_card(home).approved_by == "李审批"


def test_every_promotion_is_recorded(two_cards):
    home, (first, one), (second, two) = two_cards
    publish_card(home, one, "王审批", NOON)
    publish_card(home, two, "李审批", NOON)
    lines = (home / "cards" / "promotions.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    assert [line["card_digest"] for line in records] == [first, second]
    assert [line["approved_by"] for line in records] == ["王审批", "李审批"]
    assert [line["replaced"] for line in records] == [None, first[:16]]


def test_the_signing_key_is_created_once_and_only_its_owner_may_read_it(two_cards):
    home, (_, one), _ = two_cards
    publish_card(home, one, "王审批", NOON)
    path = home / "keys" / "signing.pem"
    before = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    publish_card(home, one, "王审批", NOON)
    assert path.read_bytes() == before
    path.chmod(0o644)
    with pytest.raises(CardError, match="chmod 600"):
        signing_key(home)


def test_a_card_signed_by_a_key_that_is_no_longer_trusted_is_refused(two_cards):
    home, (_, one), (second, two) = two_cards
    publish_card(home, one, "王审批", NOON)
    for key in (home / "keys" / "trusted").glob("*.pem"):
        key.unlink()
    with pytest.raises(CardError, match="not trusted"):
        published_card(home)
    with pytest.raises(CardError, match="not trusted"):
        publish_card(home, two, "王审批", NOON)
    assert not (home / "cards" / second[:16]).exists()


def test_a_damaged_card_is_not_published_and_the_one_in_use_stays(two_cards):
    home, (first, one), (_, two) = two_cards
    publish_card(home, one, "王审批", NOON)
    (two / "card.json").write_bytes((two / "card.json").read_bytes()[:-1])
    with pytest.raises(CardError, match="altered"):
        publish_card(home, two, "王审批", NOON)
    assert published_card(home).digest == first


def test_a_home_without_a_card_says_what_to_do(tmp_path):
    with pytest.raises(CardError, match=r"rongzi train.*rongzi promote"):
        published_card(tmp_path)


@pytest.mark.parametrize("name", ["../../elsewhere", "", "ABCDEF0123456789", "0123"])
def test_a_pointer_that_names_no_card_folder_is_refused_and_repaired_by_promotion(two_cards, name):
    home, (first, one), _ = two_cards
    publish_card(home, one, "王审批", NOON)
    (home / "cards" / "champion").write_text(name, encoding="utf-8")
    with pytest.raises(CardError, match="promote a card again"):
        published_card(home)
    publish_card(home, one, "王审批", NOON)
    assert published_card(home).digest == first


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize("payload", [b"", b"no key", private_pem(X25519PrivateKey.generate())])
def test_a_signing_key_of_another_kind_is_refused(tmp_path, payload):
    path = tmp_path / "keys" / "signing.pem"
    path.parent.mkdir()
    path.write_bytes(payload)
    path.chmod(0o600)
    with pytest.raises(CardError, match="restore it from your backup"):
        signing_key(tmp_path)


def test_a_trusted_file_that_is_no_ed25519_key_is_refused(tmp_path):
    trusted = tmp_path / "keys" / "trusted"
    trusted.mkdir(parents=True)
    good = Ed25519PrivateKey.generate().public_key()
    pem = good.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (trusted / "a.pem").write_bytes(pem)
    assert len(trusted_keys(tmp_path)) == 1
    other = X25519PrivateKey.generate().public_key()
    (trusted / "b.pem").write_bytes(
        other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(CardError, match="not an Ed25519"):
        trusted_keys(tmp_path)
    (trusted / "b.pem").write_bytes(b"-----")
    with pytest.raises(CardError, match="not a public key"):
        trusted_keys(tmp_path)
