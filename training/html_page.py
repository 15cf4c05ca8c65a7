"""Pages from templates: one self-contained file each, without scripts, for screen and paper."""

from __future__ import annotations

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_HEADING = re.compile(r'<h2 id="(\w+)">(.*?)</h2>')


def html_page(template: str, **shown: Any) -> str:
    """Return the page of `template` with what is `shown`; every text in it is escaped.

    A list of its sections stands before the first of them.
    """
    environment = Environment(
        loader=PackageLoader("training"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return _with_contents(environment.get_template(template).render(**shown))


def _with_contents(page: str) -> str:
    """List the headings that `page` came to have: a section may be left out of one run."""
    links = [f'<a href="#{name}">{title}</a>' for name, title in _HEADING.findall(page)]
    nav = f'<nav aria-label="目录 Contents">{"".join(links)}</nav>\n'
    return page.replace("<h2 ", f"{nav}<h2 ", 1)


def inline(svg: str) -> str:
    """Return a picture as it may stand inside a page: without what precedes the drawing."""
    return svg[svg.index("<svg") :]
