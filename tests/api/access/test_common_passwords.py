"""Common passwords are refused, however they reach their length; a sentence of one's own is not."""

from __future__ import annotations

import pytest

from api.access.sign_in import generate_password, is_acceptable

COMMON = (
    "password1234", "Password2024!", "P@ssw0rd12345", "passwordpassword", "123456789012",
    "qwertyuiop12", "1qaz2wsx3edc", "aaaaaaaaaaaa", "abcabcabcabc", "iloveyou1314520",
    "woaini5201314", "Liaocheng2026", "liaocheng123456", "youzheng@2026", "Rongzi@123456",
    "admin123456789", "welcome20261129", "abcdefghijkl", "000000000000", "correct horse battery",
    "zxcvbnm,.12345", "1234567890-=", "ｐａｓｓｗｏｒｄ１２３４", "Qwer1234!@#$",
    "test1234test1234", "P@ssw0rd2023!!", "P@ssw0rd2024!!", "P@$$w0rd2023!!", "p@ssword!2023!",
    "Passw0rd2023!!", "We1c0me2024##", "Adm1n1strat0r99!", "H3ll0T3st#2024", "Drag0n!98765432",
    "5unsh1ne*2025*",
)  # fmt: skip
OWN = (
    "a longer sentence", "melons in march, pears in may", "西瓜三月上市梨子五月开花晚上再浇水",
    "Kz7#mule-cart-91", "grandmother bakes 40 pancakes", "mule 7482 9301 55", "pear-tree 2019!",
)  # fmt: skip


@pytest.mark.parametrize("password", COMMON)
def test_a_common_password_is_refused(password: str) -> None:
    assert not is_acceptable(password, "li.wei")


@pytest.mark.parametrize("password", OWN)
def test_a_sentence_of_ones_own_is_accepted(password: str) -> None:
    assert is_acceptable(password, "li.wei")


def test_a_generated_password_is_never_taken_for_a_common_one() -> None:
    assert all(is_acceptable(generate_password(), "li.wei") for _ in range(300))
