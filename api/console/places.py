"""Names of villages, for lists whose rows hold codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.console.page import Page
from api.members.schemas import FunnelShape


async def village_names(page: Page, codes: Iterable[str]) -> Mapping[str, str]:
    """Return county, township and village of each code of a village that the edition knows."""
    names: dict[str, str] = {}
    if not page.may("get_funnel"):
        return names
    for township in sorted({code[:9] for code in codes if len(code) == 12}):
        found = await page.calls.read(
            "get_funnel", FunnelShape, level="village", county=township[:6], township=township
        )
        for row in found.rows:
            parts = [each for each in (row.county, row.township, row.village) if each]
            names[row.place_code] = " · ".join(parts) or row.place_code
    return names
