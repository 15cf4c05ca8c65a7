"""Pages of cards: the bins of a card as tables and pictures, and two cards side by side."""

from __future__ import annotations

from starlette.responses import Response

from api.console.model_pictures import BinScale, HeatScale
from api.console.page import Page
from api.models.card_schemas import AgainstShape, CardHead, CardShape
from api.models.schemas import RunRow
from model.profile.dictionary import member_dictionary


async def show_cards(page: Page) -> Response:
    """Show every card that was ever promoted, the latest promotion first."""
    return page.show("cards.html", cards=await page.calls.read_list("get_cards", CardHead))


async def show_card(page: Page) -> Response:
    """Show a card, other cards to set beside it, and the order that puts it in use again."""
    card = await page.calls.read("get_card", CardShape, digest=page.named("digest"))
    if beside := page.asked("against"):
        return page.go(f"/console/models/cards/{card.digest}/against/{beside}")
    return page.show(
        "card.html",
        card=card,
        scale=BinScale.of(card.attributes),
        heat=HeatScale.of(card.pairs),
        weights=_weights(card),
        directions={each.name: each.direction for each in member_dictionary()},
        others=[each for each in await _cards(page) if each != card.digest],
        orders=card.standing == "EARLIER" and page.may("post_key_order"),
    )


async def show_cards_against(page: Page) -> Response:
    """Show two cards side by side."""
    found = await page.calls.read(
        "get_cards_against",
        AgainstShape,
        digest=page.named("digest"),
        other_digest=page.named("other_digest"),
    )
    sides = [side for each in found.attributes for side in (each.one, each.other) if side]
    pairs = [side for each in found.pairs for side in (each.one, each.other) if side]
    return page.show(
        "cards_against.html", found=found, scale=BinScale.of(sides), heat=HeatScale.of(pairs)
    )


def _weights(card: CardShape) -> dict[str, float]:
    """Return the share of each attribute and pair in what the points can differ by, of one."""
    widths = {
        each.attribute: each.most_points - each.least_points
        for each in card.attributes
        if each.least_points is not None and each.most_points is not None
    }
    for pair in card.pairs:
        cells = [cell for row in pair.points for cell in row]
        widths[f"{pair.first} {pair.second}"] = max(cells) - min(cells)
    whole = sum(widths.values()) or 1
    return {name: width / whole for name, width in widths.items()}


async def _cards(page: Page) -> list[str]:
    """Return the digests of the cards that the home knows: promoted, then only trained."""
    promoted = await page.calls.read_list("get_cards", CardHead)
    runs = await page.calls.read_list("get_runs", RunRow)
    trained = [each.run.card_digest for each in runs if each.run]
    return [*dict.fromkeys([*(each.digest for each in promoted), *trained])]
