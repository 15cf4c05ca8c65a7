"""The page that finds a person by what they say of themselves.

What is looked for travels in the body of a form, because addresses are logged and kept.
"""

from __future__ import annotations

from starlette.responses import Response

from api.console.forms import given
from api.console.page import Page
from api.console.problems import ConsoleError, Notice
from api.members.schemas import SearchPage
from model.profile.dictionary import Text

FIELDS = ("name", "phone", "id_number", "village")
_NOTHING_GIVEN = Notice(
    Text("请至少填写一项", "Fill in at least one field"),
    Text(
        "姓名、手机号、身份证号或村名，填得越多，结果越少。",
        "A name, a phone number, an id number or a village: the more you give, the fewer people"
        " are found.",
    ),
)


async def show_search(page: Page) -> Response:
    """Show the form."""
    return page.show("search.html", found=None)


async def search(page: Page) -> Response:
    """Show who was found."""
    wanted = given(page.fields, *FIELDS)
    if not wanted:
        raise ConsoleError(_NOTHING_GIVEN)
    cursor = given(page.fields, "cursor")
    found = await page.calls.post("search_members", SearchPage, wanted | cursor)
    return page.show("search_rows.html" if page.is_partial else "search.html", found=found)
