"""The decision service as an ASGI application.

Needs only the small install (``pip install .[serve]``): no learner, no data frame, no archive.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from api import refusing, routes_about, routes_decisions, routes_members
from api.access import routes_accesses, routes_tokens
from api.access.enforcing import enforce
from api.access.gate import Gate
from api.access.matrix import refuse_unlisted
from api.ledger.writer import Ledger
from api.lending import (
    routes_decision,
    routes_persons,
    routes_portfolio,
    routes_reviews,
    routes_webhooks,
)
from api.lending.reading_ahead import reading_ahead
from api.lending.tally import Tally
from api.lending.webhook_delivery import delivering
from api.openapi import (
    query_parameters,
    refuse_undeclared_query,
    route_names,
    with_problems,
)
from api.openapi_access import with_access
from api.running import routes as routes_running
from api.running.admission import Admission
from api.running.door import Door
from api.running.draining import drained_on_signal
from api.running.load import Load
from api.running.watching import watching
from api.running.workers import answer_while_deciding, forget_dead_workers, spare_the_lasting
from api.service import Service, today_in_china
from api.settings import Settings

#: Of the interface under /v1, not of the package.
VERSION = "1.0.0"


class _Application(FastAPI):
    def __init__(self, load: Load, **told: Any) -> None:
        super().__init__(**told)
        self.load = load

    def build_middleware_stack(self) -> ASGIApp:
        """Return all layers, the door outermost."""
        return Door(Admission(super().build_middleware_stack(), self.load))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve without FastAPI's own telemetry: `api.running.metrics` tells what we count."""
        await Starlette.__call__(self, scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_access(with_problems(super().openapi()))
        return self.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    forget_dead_workers()
    answer_while_deciding()
    service: Service = app.state.service
    app.state.ledger = ledger = await asyncio.to_thread(Ledger.open, service.settings)
    try:
        async with (
            drained_on_signal(service),
            watching(service),
            delivering(ledger, service.settings.home),
            reading_ahead(ledger, app.state.tally),
        ):
            spare_the_lasting()
            yield
    finally:
        await asyncio.to_thread(ledger.close)
        app.state.gate.close()


def create_app(
    settings: Settings | None = None, today: Callable[[], date] = today_in_china
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings
        None reads the environment: a server's worker starts without arguments.
    today
        The service's calendar, for the validity of decisions.
    """
    settings = settings or Settings.from_env()
    app = _Application(
        Load(settings.most_in_work),
        title="融资E 信贷决策服务 / Rongzi E decision service",
        version=VERSION,
        lifespan=_lifespan,
        dependencies=[Depends(enforce, scope="function"), Depends(refuse_undeclared_query)],
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # FastAPI's pages load scripts from elsewhere; docs/api.md and /openapi.json do not.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = Service(settings, today)
    app.state.gate = Gate(settings)
    app.state.tally = Tally()
    for module in (
        routes_decisions, routes_members, routes_about, routes_tokens, routes_accesses,
        routes_running, routes_decision, routes_reviews, routes_persons, routes_portfolio,
        routes_webhooks,
    ):  # fmt: skip
        app.include_router(module.router)
    refusing.install(app)
    app.state.query_parameters = query_parameters(app)
    refuse_unlisted(route_names(app))
    return app
