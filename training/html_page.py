"""Pages from templates: one self-contained file each, without scripts, for screen and paper."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def html_page(template: str, **shown: Any) -> str:
    """Return the page of `template` with what is `shown`; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("training"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**shown)


def inline(svg: str) -> str:
    """Return a picture as it may stand inside a page: without what precedes the drawing."""
    return svg[svg.index("<svg") :]
