"""Pages of monitoring and comparisons: what moved, and who enters and leaves by a challenger."""

from __future__ import annotations

from starlette.responses import Response

from api.console.page import Page
from api.console.watch_pictures import curves_picture, group_bars, shades_of_rows
from api.models.watch_schemas import (
    MonitoringRow,
    MonitoringShape,
    SwapSetRow,
    SwapSetShape,
)

_TIERS = ("FIRST", "SECOND", "THIRD", "NONE")


async def show_monitorings(page: Page) -> Response:
    """Show every monitoring run, latest first."""
    found = await page.calls.read_list("get_monitorings", MonitoringRow)
    return page.show("monitorings.html", runs=found)


async def show_monitoring(page: Page) -> Response:
    """Show one monitoring run: alerts, drift, migration, vintages, outcomes."""
    found = await page.calls.read("get_monitoring", MonitoringShape, run_id=page.named("run_id"))
    if found.run is None:
        return page.show("run_unverified.html", found=found)
    run = found.run
    return page.show(
        "monitoring.html",
        found=found,
        run=run,
        groups=group_bars(run.shift) if run.shift else None,
        shades=shades_of_rows(run.migration.matrix),
        curves=curves_picture(run.vintage_curves),
    )


async def show_swap_sets(page: Page) -> Response:
    """Show every comparison, latest first."""
    found = await page.calls.read_list("get_swap_sets", SwapSetRow)
    return page.show("swap_sets.html", runs=found)


async def show_swap_set(page: Page) -> Response:
    """Show one comparison: who enters and leaves each tier."""
    found = await page.calls.read("get_swap_set", SwapSetShape, run_id=page.named("run_id"))
    if found.run is None:
        return page.show("run_unverified.html", found=found)
    tiers = [[found.run.tiers[before][after] for after in _TIERS] for before in _TIERS]
    return page.show(
        "swap_set.html",
        found=found,
        run=found.run,
        tiers=_TIERS,
        matrix=tiers,
        shades=shades_of_rows(tiers),
    )
