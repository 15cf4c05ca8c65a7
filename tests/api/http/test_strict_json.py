"""JSON that two parsers could read differently is refused before it is validated."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.body import MAX_DEPTH, StrictJsonError, parse_strict_json

HOSTILE = {
    "nothing": b"",
    "not JSON": b"member_id=1",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": Infinity}',
    "minus Infinity": b'{"a": -Infinity}',
    "a number beyond a double": b'{"a": 1e999}',
    "a negative number beyond a double": b'{"a": -1e999}',
    "a whole number of 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "a name twice": b'{"a": 1, "a": 2}',
    "a name twice, once escaped": b'{"a": 1, "\\u0061": 2}',
    "a name twice, nested": b'{"a": {"b": 1, "b": 1}}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a lone surrogate as a name": b'{"\\udfff": 1}',
    "NUL": b'{"a": "\\u0000"}',
    "NUL as a name": b'{"\\u0000": 1}',
    "a bare NUL": b'{"a": "\x00"}',
    "UTF-16 with a mark": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": 1}'.encode("utf-16-le"),
    "UTF-32": '{"a": 1}'.encode("utf-32"),
    "a byte-order mark": b'\xef\xbb\xbf{"a": 1}',
    "GB18030": '{"a": "姓名"}'.encode("gb18030"),
    "overlong UTF-8": b'{"a": "\xc0\xaf"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "something behind": b'{"a": 1} {"a": 2}',
    "a comment": b'{"a": 1} // yes',
    "a trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "an open string": b'{"a": "',
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep lists, never closed": b"[" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "one level too deep": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "a leading zero": b'{"a": 01}',
    "a plus sign": b'{"a": +1}',
    "hexadecimal": b'{"a": 0x10}',
    "a control character": b'{"a": "\x01"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_body_is_refused(body: bytes) -> None:
    with pytest.raises(StrictJsonError):
        parse_strict_json(body)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_refusal_does_not_quote_the_body(body: bytes) -> None:
    with pytest.raises(StrictJsonError) as refusal:
        parse_strict_json(b'{"999901197001010014": ' + body + b"}")
    assert "999901" not in str(refusal.value)
    assert "999901" not in refusal.value.why.zh


def test_brackets_inside_a_text_are_no_depth() -> None:
    assert parse_strict_json(b'{"a": "[[[[[[[[[[[[[[[[\\"{{{{{"}') == {
        "a": '[[[[[[[[[[[[[[[["{{{{{'
    }


def test_a_complete_surrogate_pair_is_accepted() -> None:
    assert parse_strict_json(b'{"a": "\\ud840\\udc00"}') == {"a": "\U00020000"}


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_PLAIN = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | _TEXT
_NUMBER = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(_TEXT, _PLAIN | _NUMBER | st.lists(_PLAIN, max_size=3), max_size=5))
def test_plain_json_is_parsed_as_by_the_standard_parser(value: dict[str, object]) -> None:
    body = json.dumps(value, ensure_ascii=False).encode()
    assert parse_strict_json(body) == json.loads(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    with suppress(StrictJsonError):
        parse_strict_json(body)
