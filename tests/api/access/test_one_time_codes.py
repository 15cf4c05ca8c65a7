"""One-time codes against the published values of RFC 6238 and RFC 4226."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from api.access.one_time_codes import (
    base32,
    code_of_step,
    matching_step,
    new_secret,
    provisioning_uri,
    step_of,
)

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert code_of_step(SECRET, step_of(seconds), digits=8) == code


def test_the_codes_are_those_of_rfc_4226_appendix_d() -> None:
    published = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583"]
    assert [code_of_step(SECRET, step) for step in range(8)] == published


def test_a_code_counts_one_step_early_and_late_and_never_again() -> None:
    now = 1_234_567_890
    step = step_of(now)
    found = [matching_step(SECRET, code_of_step(SECRET, step + d), now, 0) for d in range(-2, 3)]
    assert found == [None, step - 1, step, step + 1, None]
    assert matching_step(SECRET, code_of_step(SECRET, step), now, after=step) is None
    assert matching_step(SECRET, code_of_step(SECRET, step + 1), now, after=step) == step + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "\x00" * 6])
def test_anything_else_is_no_code(code: str) -> None:
    assert matching_step(SECRET, code, 1_234_567_890, 0) is None


def test_an_authenticator_reads_the_secret_that_is_shown() -> None:
    secret = new_secret()
    parts = urlsplit(provisioning_uri("wang.li", secret))
    values = {name: found[0] for name, found in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/Rongzi%20E%3Awang.li")
    assert base64.b32decode(values["secret"]) == secret
    assert base32(secret) == values["secret"]
    assert (values["digits"], values["period"], values["algorithm"]) == ("6", "30", "SHA1")
    assert len({new_secret() for _ in range(50)}) == 50
