"""Templates: how values are written on a page, and the environment that renders them."""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.console import wording
from api.console.static_files import address_of
from api.core.calendar import CHINA
from model.profile.dictionary import Text


def render(template: str, page: Any, values: Mapping[str, Any]) -> str:
    """Return the text of a page, in the language of `page`."""
    language = page.session.language

    def t(words: str | Text, en: str = "") -> str:
        both = words if isinstance(words, Text) else Text(words, en)
        return str(getattr(both, language))

    return (
        environment()
        .get_template(template)
        .render(
            page=page,
            lang=language,
            t=t,
            say=partial(_say, t),
            **values,
        )
    )


@cache
def environment() -> Environment:
    """Return the environment of all templates: escaping, and strict about names."""
    made = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["asset"] = address_of
    made.filters |= {"yuan": yuan, "percent": percent, "day": day, "moment": moment}
    made.filters |= {"figure": figure, "short": short, "number": number, "month_end": month_end}
    made.filters["stored"] = partial(json.dumps, ensure_ascii=False)
    return made


def in_chinese(kind: str, code: str | None) -> str:
    """Return the Chinese words for `code` of a kind of codes."""
    return _say(lambda text: text.zh, kind, code)


def _say(t: Callable[[Text], str], kind: str, code: str | None) -> str:
    """Return the words for `code` of a kind of codes; a code without words stays as it is."""
    text = wording.WORDS[kind].get(code or "")
    return t(text) if text else code or "–"


def yuan(amount: float | None) -> str:
    """Return an amount in yuan with a sign of thousands; a dash where it is unknown."""
    return "–" if amount is None else f"¥{amount:,.0f}"


def number(count: int) -> str:
    """Return a whole number with a sign of thousands."""
    return f"{count:,}"


def percent(share: float | None, digits: int = 2) -> str:
    """Return a share of one in percent; a dash where it is unknown."""
    return "–" if share is None else f"{share:.{digits}%}"


def figure(value: float | None, digits: int = 3) -> str:
    """Return a number with so many decimals; a dash where it is unknown."""
    return "–" if value is None else f"{value:z.{digits}f}".replace("-", "−")


def short(value: float | None) -> str:
    """Return a number with at most four decimals; a dash where it is unknown."""
    return "–" if value is None else f"{value:z,.4f}".rstrip("0").rstrip(".").replace("-", "−")


def day(when: date | None) -> str:
    """Return a day as written in China; a dash where there is none."""
    return "–" if when is None else when.isoformat()


def month_end(first: date) -> date:
    """Return the last day of a month by its first."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def moment(when: datetime | str | None) -> Markup:
    """Return a moment in China's time, to the minute, as an element that programs can read."""
    if when is None:
        return Markup("–")
    instant = datetime.fromisoformat(when) if isinstance(when, str) else when
    local = instant.astimezone(CHINA)
    return Markup('<time datetime="{}">{:%Y-%m-%d %H:%M}</time>').format(local.isoformat(), local)
