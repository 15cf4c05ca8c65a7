"""The page of orders for whoever holds a signing key: ordered, approved by others, executed."""

from __future__ import annotations

from starlette.responses import Response

from api.access.key_order_routes import KeyOrderShape
from api.access.key_orders import ACTS, APPROVALS
from api.console.forms import given
from api.console.orders import approve, state_of
from api.console.page import Page
from api.console.wording import WORDS
from api.models.card_schemas import CardHead
from api.models.schemas import RunRow
from api.operation.schemas import EditionsShape
from model.profile.dictionary import Text

_HERE = "/console/key-orders"


async def show_key_orders(page: Page) -> Response:
    """Show every order, latest first, and the form of a new one."""
    orders = await page.calls.read_list("get_key_orders", KeyOrderShape)
    return page.show(
        "key_orders.html",
        orders=[(each, state_of(each, is_approved=each.is_approved)) for each in reversed(orders)],
        acts=ACTS,
        approvals=APPROVALS,
        subjects=await _subjects(page) if page.may("post_key_order") else [],
    )


async def _subjects(page: Page) -> list[tuple[str, Text]]:
    """Return what an order can be on, as far as the caller may read it, each with its words.

    A policy is not among them: only the command that would adopt its texts knows their digest.
    """
    found: list[tuple[str, Text]] = []
    if page.may("get_runs"):
        runs = await page.calls.read_list("get_runs", RunRow)
        cards = {each.run.card_digest: each.standing for each in runs if each.run}
        promoted = await page.calls.read_list("get_cards", CardHead)
        cards |= {each.digest: each.standing for each in promoted}
        found += [(digest, _told("评分卡", "card", "standing", at)) for digest, at in cards.items()]
    if page.may("get_editions"):
        shape = await page.calls.read("get_editions", EditionsShape)
        if shape.held:
            day = shape.held.as_of
            words = Text(f"待批准的名单 {day}", f"the edition of {day}, which is held")
            found.append((shape.held.subject, words))
        earlier = [each for each in shape.editions if not each.is_in_use]
        found += [
            (e.name, Text(f"以前的名单 {e.as_of}", f"the earlier edition of {e.as_of}"))
            for e in earlier
        ]
    return found


def _told(zh: str, en: str, kind: str, code: str) -> Text:
    word = WORDS[kind][code]
    return Text(f"{zh}（{word.zh}）", f"{en}, {word.en}")


async def order(page: Page) -> Response:
    """Order what the form says; nothing happens until others approve and the key's holder acts."""
    wanted = {"act": "", "subject": "", "because": ""} | given(
        page.fields, "act", "subject", "because"
    )
    await page.calls.post("post_key_order", KeyOrderShape, wanted)
    return page.go(_HERE, done="ordered")


async def approve_order(page: Page) -> Response:
    """Approve the order of somebody else."""
    await approve(page, "post_key_order_approval", KeyOrderShape, "get_key_orders")
    return page.go(_HERE, done="approved")
