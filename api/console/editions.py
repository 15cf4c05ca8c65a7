"""Pages of editions: what was published and why, what is held, and what another one would change.

They show no person. Nothing is published here: a page records an order, others approve it, and the
command that holds the key executes it.
"""

from __future__ import annotations

from starlette.responses import Response

from api.access.key_order_routes import KeyOrderShape
from api.access.key_orders import Act
from api.console.forms import given
from api.console.orders import OrderState, state_of
from api.console.page import Page
from api.console.workbook import Cell, Sheet, sent
from api.operation.schemas import DifferenceShape, EditionShape, EditionsShape

_ORDERS = "/console/key-orders"
#: The edition in use, where none is named to compare with.
_IN_USE = "in use"
_TIERS = ("FIRST", "SECOND", "THIRD", "NONE")
#: The tier of a member who is in one edition only.
_ABSENT = "-"
_COUNTS = ("members", "first", "second", "third", "none", "enters", "leaves")


async def show_editions(page: Page) -> Response:
    """Show the run that is held, with the form to order its publication, and every edition."""
    shape = await page.calls.read("get_editions", EditionsShape)
    by_name = {each.name: each for each in shape.editions}
    held = shape.held
    return page.show(
        "editions.html",
        held=held,
        before=by_name.get(held.previous or "") if held else None,
        orders=await _orders(page, "publish", held.subject) if held else [],
        editions=shape.editions,
        counts=_COUNTS,
    )


async def show_edition(page: Page) -> Response:
    """Show what an edition changes against another, and the form to order the way back to it."""
    shape = await page.calls.read("get_editions", EditionsShape)
    named = _named(page, shape)
    if named and not _against(page, named):
        return page.show("edition_first.html", edition=named)
    found = await _difference(page, named)
    edition = next(each for each in shape.editions if each.name == found.after)
    return page.show(
        "edition.html",
        edition=edition,
        others=[each for each in shape.editions if each.name not in (found.before, found.after)],
        found=found,
        moves={(each.before, each.after): each.members for each in found.moves},
        tiers=_tiers(found),
        orders=await _orders(page, "rollback", found.after),
    )


async def order_publication(page: Page) -> Response:
    """Order that the run that is held be published; others approve it."""
    return await _order(page, "publish", page.filled("subject"))


async def order_rollback(page: Page) -> Response:
    """Order that an earlier edition be put in use again; others approve it."""
    return await _order(page, "rollback", page.named("edition"))


async def get_editions_workbook(page: Page) -> Response:
    """Return the list of editions as a workbook."""
    shape = await page.calls.read("get_editions", EditionsShape)
    head: list[Cell] = [
        "edition", "in use", *_COUNTS, "done at", "kind", "approved by", "because",
    ]  # fmt: skip
    rows = [_line(each) for each in shape.editions]
    return sent([Sheet("editions", [head, *rows])], "rongzi-editions.xlsx")


async def get_difference_workbook(page: Page) -> Response:
    """Return what an edition changes against another as a workbook."""
    shape = await page.calls.read("get_editions", EditionsShape)
    found = await _difference(page, _named(page, shape))
    language = page.session.language
    measures: list[list[Cell]] = [
        [each.code, getattr(each.text, language), each.change, each.most, str(each.is_beyond)]
        for each in found.measures
    ]
    moves: list[list[Cell]] = [[each.before, each.after, each.members] for each in found.moves]
    missing: list[list[Cell]] = [
        [each.attribute, getattr(each.label, language), each.before, each.after]
        for each in found.missing
    ]
    sheets = [
        Sheet("limits", [["code", "measure", "change", "at most", "beyond"], *measures]),
        Sheet("tiers", [[found.before, found.after, "members"], *moves]),
        Sheet("missing", [["attribute", "label", found.before, found.after], *missing]),
    ]
    return sent(sheets, f"rongzi-{found.before}-{found.after}.xlsx")


def _named(page: Page, shape: EditionsShape) -> EditionShape | None:
    """Return the edition of the page's path, if the home has it."""
    return next((each for each in shape.editions if each.name == page.named("edition")), None)


def _against(page: Page, edition: EditionShape) -> str | None:
    """Return what to compare with: what is asked for, else what is in use; of that the one before.

    None where there is none before, and where an edition would meet itself.
    """
    against = page.asked("against") or (edition.previous if edition.is_in_use else _IN_USE)
    return None if against == edition.name else against


async def _difference(page: Page, edition: EditionShape | None) -> DifferenceShape:
    named = page.named("edition")
    against = _against(page, edition) if edition else page.asked("against")
    if against == _IN_USE:
        against = None
    return await page.calls.read(
        "get_edition_differences", DifferenceShape, edition=named, against=against
    )


def _tiers(found: DifferenceShape) -> list[str]:
    shown = {each.before for each in found.moves} | {each.after for each in found.moves}
    return [*_TIERS, *([_ABSENT] if _ABSENT in shown else [])]


async def _orders(page: Page, act: Act, subject: str) -> list[tuple[KeyOrderShape, OrderState]]:
    """Return the orders of `act` on `subject` that can still be carried out, latest first."""
    orders = await page.calls.read_list("get_key_orders", KeyOrderShape)
    return [
        (each, state_of(each, is_approved=each.is_approved))
        for each in reversed(orders)
        if (each.act, each.subject) == (act, subject) and each.is_open
    ]


async def _order(page: Page, act: Act, subject: str) -> Response:
    wanted = {"act": act, "subject": subject, "because": ""} | given(page.fields, "because")
    await page.calls.post("post_key_order", KeyOrderShape, wanted)
    return page.go(_ORDERS, done="ordered")


def _line(edition: EditionShape) -> list[Cell]:
    said = edition.record
    done: list[Cell] = [said.at, said.kind, said.approved_by, said.because] if said else []
    counts: list[Cell] = [getattr(edition.counts, name) for name in _COUNTS]
    return [edition.name, "yes" if edition.is_in_use else "", *counts, *done]
