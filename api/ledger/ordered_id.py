"""Names of decisions, entries and pseudonyms: random, and yet in the order in which they were made.

A database files a name where it belongs by order. Names without any order fall on as many pages as
there are names, and each of those pages is written whole at each commit.
"""

from __future__ import annotations

import os
import time


def ordered_id() -> str:
    """Return a new UUID of version 7 (RFC 9562, section 5.7): milliseconds, then 74 random bits."""
    moment = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    number = (
        (moment & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (chance >> 68 & 0xFFF) << 64
        | 0b10 << 62
        | (chance & 0x3FFF_FFFF_FFFF_FFFF)
    )
    digits = f"{number:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
