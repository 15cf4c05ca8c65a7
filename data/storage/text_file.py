"""Text files in the encodings that Chinese offices save."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from model.errors import UnreadableFileError

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text_file(path: Path) -> str:
    """Return the text of the file at `path`; see `decode`.

    Raises
    ------
    UnreadableFileError
        If the file is absent or its bytes are no text.
    """
    try:
        return decode(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableFileError(
            f"{path}: cannot be read as text: {error}; save it as UTF-8"
        ) from error


def decode(payload: bytes) -> str:
    """Return `payload` as text without byte order mark.

    It may be UTF-8 or UTF-16, both with or without byte order mark, GB18030 or Latin-1.

    Raises
    ------
    UnicodeDecodeError
        If it is none of these.
    """
    return payload.decode(encoding_of(payload)).removeprefix("\ufeff")


def encoding_of(payload: bytes) -> str:
    """Return the name of the encoding by which `decode` reads `payload`."""
    if payload.startswith(_UTF_16_MARKS):
        return "utf-16"
    if is_utf_16(payload):
        return "utf-16-le" if payload[1::2].count(0) > payload[::2].count(0) else "utf-16-be"
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030" if _is_mostly_pairs(payload) else "latin-1"
    return "utf-8"


def is_utf_16(payload: bytes) -> bool:
    """Return whether `payload` is UTF-16."""
    # In UTF-16 every other byte of a delimiter, a digit or a line end is zero; text has no zeros.
    return payload.startswith(_UTF_16_MARKS) or b"\0" in payload


def _is_mostly_pairs(payload: bytes) -> bool:
    # Chinese text consists of runs of high bytes; accented Latin letters are mostly single.
    in_runs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{2,}", payload))
    single = len(re.findall(rb"[\x80-\xff]", payload)) - in_runs
    return in_runs > 2 * single
