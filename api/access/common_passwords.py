"""Common passwords: long enough by count, and among the first that an attacker tries.

Lists of leaked passwords hold few of twelve characters, because people reach that length by
repeating, counting on and adding a year. So what is common is taken out of a password (words,
rows of keys, counts, repetitions, years), and what remains must be long enough by itself.
"""

from __future__ import annotations

import re
import unicodedata

#: Letters and digits that must remain.
_ENOUGH = 5
_DIFFERENT = 5
#: The parts of most leaked passwords, in English and in Chinese spelling, and words of this house.
_WORDS = (
    "password passwort passw0rd admin administrator root user login welcome letmein changeme"
    " secret master monkey dragon shadow sunshine princess football baseball superman batman"
    " iloveyou trustno1 starwars whatever freedom killer michael jordan charlie computer internet"
    " summer winter spring autumn monday friday january december hello test temp default guest"
    " demo qwerty qwertz azerty asdf zxcv qazwsx wsxedc qweasd zaq1 1qaz 2wsx 3edc q1w2e3r4"
    " abcd abc123 a1b2c3 correcthorse batterystaple correct horse battery staple"
    " woaini woaiwojia woaizhongguo wobuzhidao nihao zhongguo beijing shandong liaocheng mima"
    " yonghu guanliyuan guanli xiaoming zhangsan lisi wangwu aini baobei laopo laogong mama baba"
    " youzheng youchu chinapost postbank psbc bank yinhang rongzi rongzie huinong daikuan nongye"
    " officer reviewer auditor analyst operator manager teller credit loan"
    " 5201314 1314520 520520 521521 1314 5201 52013 88888 66666 12306 10086 11185"
)
_PARTS = sorted(set(_WORDS.split()), key=len, reverse=True)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn", "!@#$%^&*()",
)  # fmt: skip
#: Shapes of letters; what is written with them counts as the letters. One shape is two letters.
_SHAPES = tuple(str.maketrans("@4031!$57", f"aaoe{one}{one}sst") for one in "il")
#: Digits and signs at the end, which people add until a password is long enough.
_TAIL = re.compile(r"[\d\W_]+$")
_SAME = re.compile(r"(.)\1{2,}")
_YEAR = re.compile(r"(?:19|20)\d\d(?:[01]\d(?:[0-3]\d)?)?")
_COUNTED = 4


def is_common(password: str) -> bool:
    """Return whether little remains of `password` without its common parts."""
    text = unicodedata.normalize("NFKC", password).lower()
    if _is_repeated(text) or len(set(text)) < _DIFFERENT:
        return True
    # Counts are taken out before digits are read as letters.
    variants = [text, *_letters(text), *_letters(_without_rows(text))]
    stems = [each for each in _letters(_TAIL.sub("", text)) if any(part in each for part in _PARTS)]
    return any(_remaining(each) < _ENOUGH for each in (*variants, *stems))


def _letters(text: str) -> list[str]:
    """Return `text` with shapes of letters read as letters, each way."""
    return [text.translate(shapes) for shapes in _SHAPES]


def _remaining(text: str) -> int:
    """Return the number of letters and digits outside common parts."""
    for part in _PARTS:
        text = text.replace(part, " ")
    text = _YEAR.sub(" ", _SAME.sub(" ", _without_rows(text)))
    return sum(character.isalnum() for character in text)


def _without_rows(text: str) -> str:
    """Return `text` without runs of at least four characters of a row, either way."""
    for row in (each for forward in _ROWS for each in (forward, forward[::-1])):
        for length in range(len(row), _COUNTED - 1, -1):
            for start in range(len(row) - length + 1):
                text = text.replace(row[start : start + length], " ")
    return text


def _is_repeated(text: str) -> bool:
    """Return whether `text` is one part, repeated, whole or cut off at the end."""
    return any(
        (text[:length] * (len(text) // length + 1)).startswith(text)
        for length in range(1, len(text) // 2 + 1)
    )
