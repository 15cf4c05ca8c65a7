"""The files that pages load: stylesheet and scripts, each at an address that names its content.

`assets.json` says of each file that others wrote which version of which package it is, under which
licence, with which digest; ``make assets`` renews them. A browser keeps a file for a year, because
another content has another address.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
_DIGITS = 12


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent."""

    media_type: str
    digest: str
    plain: bytes
    compressed: bytes


@cache
def static_files() -> dict[str, StaticFile]:
    """Return every file that pages load, by name."""
    folder = files("api.console").joinpath("static")
    found = {each.name: each.read_bytes() for each in folder.iterdir() if each.is_file()}
    return {
        name: StaticFile(
            _TYPES[name[name.rindex(".") :]],
            hashlib.sha256(content).hexdigest()[:_DIGITS],
            content,
            gzip.compress(content, 9, mtime=0),
        )
        for name, content in found.items()
        if name[name.rindex(".") :] in _TYPES
    }


def address_of(name: str) -> str:
    """Return the address of the file `name`, which changes with its content."""
    return f"/console/static/{static_files()[name].digest}/{name}"


async def get_static(request: Request) -> Response:
    """Answer a browser that loads a file."""
    found = static_files().get(request.path_params["name"])
    if found is None or found.digest != request.path_params["digest"]:
        return Response(status_code=404)
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(found.compressed, headers=headers, media_type=found.media_type)
    return Response(found.plain, headers=headers, media_type=found.media_type)
