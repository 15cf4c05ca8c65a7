"""For the way: a page that opens without a network, what it takes along, and notes that it sends.

The page itself is the same for everybody and holds nobody's data, so a browser may keep it. What it
takes along, and what is noted on it, lies in the browser, encrypted (`static/away_bag.js`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import get_args

from starlette.responses import JSONResponse, Response

from api.consent.commands import Evidence
from api.console.calls import RefusedError
from api.console.consents import record_consent
from api.console.members import ask_for_decision
from api.console.page import Page
from api.console.problems import NO_SUCH_PAGE, STALE_FORM, UNREADABLE_FORM, ConsoleError
from api.console.rendering import render
from api.console.session import Language, Session
from api.console.static_files import address_of
from api.console.village_sheet import read_village
from api.console.visits import HARVESTS, harvests_before, record_visit
from api.console.wording import WORDS
from api.core.calendar import CHINA, midnight_in_china
from api.editions.in_use import today_in_china
from api.http.fields import CROPS, INCOMES, PURPOSES
from api.visits.commands import Proof

_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_FILES = (
    "console.css", "icon.svg", "away_bag.js", "away_notes.js", "away.js",
)  # fmt: skip
#: Problems of a moment: the same note is sent again later.
_AGAIN = frozenset({429, 500, 503})
#: What sends a note, by its kind; each returns where its answer is read.
_DEEDS: Mapping[str, Callable[[Page, str], Awaitable[str]]] = {
    "visit": record_visit,
    "consent": record_consent,
    "question": ask_for_decision,
}


@dataclass(frozen=True)
class _InLanguage(Session):
    """A session whose page is in the language of its address, whatever the reader chose."""

    spoken: Language = "zh"

    @property
    def language(self) -> Language:
        """The language of the address."""
        return self.spoken


def _speak(page: Page, language: str | None) -> None:
    spoken = next((each for each in _LANGUAGES if each == language), None)
    if spoken is None:
        raise ConsoleError(NO_SUCH_PAGE)
    page.session = _InLanguage(page.request, spoken)


async def show_away(page: Page) -> Response:
    """Show the page for the way, which says nothing of whoever asks for it."""
    _speak(page, page.named("language"))
    return Response(_shell(page), media_type="text/html")


def _shell(page: Page) -> str:
    page.caller, page.fields = None, {}
    lists = {"incomes": INCOMES, "crops": CROPS, "purposes": PURPOSES}
    choices = {"proofs": get_args(Proof), "evidence": get_args(Evidence)}
    harvests = range(1, HARVESTS + 1)
    return render("away.html", page, {**lists, **choices, "harvests": harvests})


async def get_manifest(page: Page) -> Response:
    """Return what a telephone needs to install the page."""
    _speak(page, page.named("language"))
    is_chinese = page.session.language == "zh"
    icon = {"src": address_of("icon.svg"), "sizes": "any", "type": "image/svg+xml"}
    found = {
        "id": "/console/away/",
        "name": "融资E 走访" if is_chinese else "Rongzi E on the way",
        "short_name": "走访" if is_chinese else "On the way",
        "lang": "zh-CN" if is_chinese else "en",
        "start_url": f"/console/away/{page.session.language}",
        "scope": "/console/away/",
        "display": "standalone",
        "background_color": "#f4f6f4",
        "theme_color": "#0b6b45",
        "icons": [icon],
    }
    return JSONResponse(found, media_type="application/manifest+json")


async def get_worker(page: Page) -> Response:
    """Return the worker that keeps the page; another page or script makes it another worker."""
    shells = {}
    for language in _LANGUAGES:
        _speak(page, language)
        shells[f"/console/away/{language}"] = _shell(page)
    addresses = [*shells, *(address_of(name) for name in _FILES)]
    content = json.dumps([addresses, *shells.values()])
    version = hashlib.sha256(content.encode()).hexdigest()[:12]
    head = f'"use strict";\nconst VERSION = "{version}", SHELL = {json.dumps(addresses)};\n'
    return Response(head + _worker(), media_type="text/javascript")


@cache
def _worker() -> str:
    return files("api.console").joinpath("static/away_worker.js").read_text(encoding="utf-8")


async def get_pack(page: Page) -> Response:
    """Return a village to take along until the day ends in China, as its sheet lists it."""
    _speak(page, page.asked("lang"))
    village, today = await read_village(page), today_in_china()
    left = midnight_in_china(today + timedelta(days=1)) - datetime.now(CHINA)
    words = WORDS["season"]
    return JSONResponse(
        {
            "village": {
                "code": village.code,
                "name": village.name,
                "as_of": village.as_of.isoformat(),
                "account": page.account,
                "rows": [row.model_dump(mode="json") for row in village.rows],
                "today": today.isoformat(),
                "seasons": {
                    each: f"{each[:4]} {page.text(words[each[5:]])}"
                    for each in harvests_before(today)
                },
            },
            "seconds": int(left.total_seconds()),
        }
    )


async def get_session(page: Page) -> Response:
    """Tell the page on the way who is signed in, and the token of its forms."""
    return JSONResponse({"account": page.account, "token": page.form_token})


async def send_note(page: Page) -> Response:
    """Carry out a note; the same note sent twice is carried out once, by its key."""
    _speak(page, page.filled("lang"))
    deed = _DEEDS.get(page.filled("kind"))
    if deed is None or not page.fields.get("key"):
        raise ConsoleError(UNREADABLE_FORM)
    try:
        path = await deed(page, page.filled("member_id"))
    except RefusedError as refusal:
        if refusal.kind == "unauthorised":
            raise
        page.refuse(refusal)
        is_under_way = refusal.status in _AGAIN or refusal.kind == "in-progress"
        return _told(page, "again" if is_under_way else "refused")
    return JSONResponse({"status": "sent", "path": path})


async def show_answer(page: Page) -> Response:
    """Tell why a note was not carried out."""
    if page.notice is None:
        raise ConsoleError(NO_SUCH_PAGE)
    return _told(page, "again" if page.notice is STALE_FORM else "refused")


def _told(page: Page, status: str) -> Response:
    notice = page.notice or UNREADABLE_FORM
    expected = [text for each in page.errors if (text := page.error_of(each.field))]
    sentences = [page.text(notice.title), *expected, page.text(notice.what_to_do)]
    return JSONResponse({"status": status, "sentences": sentences}, notice.status)
