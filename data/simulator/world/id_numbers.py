"""Identities of invented people: valid id numbers of an unassigned region, phones, names."""

from __future__ import annotations

import numpy as np

from data.simulator.arrays import Ints, running_number

#: GB/T 2260 assigns this code to no region, so no real id number begins with it.
UNASSIGNED_REGION = "999901"
PHONE_BLOCK = "154"
#: Prime number of phones of the block; a step and a prime modulus spread them without collisions.
PHONE_NUMBERS = 99_999_989
PHONE_STEP = 7919
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = "10X98765432"
_FAMILY = (
    "王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗郑梁谢宋"
    "唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁"
)
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰春"
    "梅建国庆海波新立志成凤兰红光荣民生喜贵福善德有才"
)


def member_ids(number: int) -> list[str]:
    """Return the ids of all members, in order."""
    return [f"M{371500000000 + i:012d}" for i in range(number)]


def phones(number: int) -> list[str]:
    """Return `number` distinct invented phone numbers that pass the contract's check."""
    return [
        f"{PHONE_BLOCK}{index * PHONE_STEP % PHONE_NUMBERS:08d}" for index in range(1, number + 1)
    ]


def id_numbers(birth: Ints, gender: Ints) -> list[str]:
    """Return valid id numbers (GB 11643); the sequence number is odd for men, even for women."""
    order = np.lexsort((gender, birth))
    sequence = np.empty(len(birth), dtype=np.int64)
    sequence[order] = running_number(birth[order] * 2 + gender[order])
    dates = np.char.replace(birth.astype("datetime64[D]").astype(str), "-", "")
    parity = sequence * 2 + np.where(gender == 1, 1, 2)
    bodies = [
        f"{UNASSIGNED_REGION}{d}{p:03d}"
        for d, p in zip(dates.tolist(), parity.tolist(), strict=True)
    ]
    return with_check_digits(bodies)


def with_check_digits(bodies: list[str]) -> list[str]:
    """Return the id numbers of `bodies`, 17 digits each, with their check digit (GB 11643)."""
    digits = np.array(bodies, "U17").view("U1").reshape(len(bodies), 17).astype(np.int64)
    checks = (digits * _WEIGHTS).sum(axis=1) % 11
    return [body + _CHECK[check] for body, check in zip(bodies, checks.tolist(), strict=True)]


def names(rng: np.random.Generator, number: int) -> list[str]:
    """Return `number` invented names, family name first; some are equal."""
    family, given = rng.integers(0, len(_FAMILY), number), rng.integers(0, len(_GIVEN), (number, 2))
    single = rng.random(number) < 0.25
    return [
        _FAMILY[f] + _GIVEN[a] + ("" if one else _GIVEN[b])
        for f, (a, b), one in zip(family.tolist(), given.tolist(), single.tolist(), strict=True)
    ]
