"""A page of sections as one HTML file: self-contained, without scripts, for screen and paper.

The page shows one language at a time. The switch is a pair of radio buttons that style sheets read,
so that paper keeps the language that was chosen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from model.profile.dictionary import Text
from training.reports.cells import alignment, both, cell, shaded_cell, shades
from training.reports.parts import Section

#: Where a template wants the list of its headings.
_CONTENTS = "<!-- contents -->"
_HEADING = re.compile(r'<h2 id="(\w+)">(.*?)</h2>')


def sections_page(title: Text, subtitle: Text, sections: Sequence[Section]) -> str:
    """Return the page of `sections` under a title, with links to those that have a heading."""
    return html_page("sections.html", heading=title, subtitle=subtitle, sections=sections)


def html_page(template: str, **context: Any) -> str:
    """Return the page of `template`; every text in it is escaped."""
    environment = Environment(
        loader=PackageLoader("training.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"both": both, "kind": lambda part: type(part).__name__.lower()}
    environment.globals |= {
        "cell": cell, "alignment": alignment, "shaded_cell": shaded_cell, "shades": shades,
    }  # fmt: skip
    return _with_contents(environment.get_template(template).render(**context))


def _with_contents(page: str) -> str:
    """Add links to the headings that the page has, if there are several."""
    found = _HEADING.findall(page)
    if len(found) < 2:
        return page
    links = [f'<a href="#{name}">{title}</a>' for name, title in found]
    nav = f'<nav aria-label="目录 Contents">{"".join(links)}</nav>\n'
    return page.replace(_CONTENTS, nav, 1)
