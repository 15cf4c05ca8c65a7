"""The decision service as an ASGI application.

Needs only the small install (``pip install .[serve]``): no learner, no data frame, no archive.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import account_routes, duty_routes, key_order_routes, order_routes, session_routes
from api.access import routes as access_routes
from api.access.access_control import AccessControl
from api.access.enforce import enforce
from api.access.matrix import refuse_unlisted, with_access
from api.cases import routes as cases_routes
from api.cases.exposure import caps_exceeded
from api.consent import routes as consent_routes
from api.console import routes as console_routes
from api.core.settings import Settings
from api.core.workers import forget_dead_workers, freeze_startup_objects, shorten_switch_interval
from api.decisions import routes as decisions_routes
from api.editions.in_use import Service, today_in_china, warn_of_private_keys
from api.evidence import routes as evidence_routes
from api.http.openapi import (
    complete_document,
    query_parameters,
    refuse_undeclared_query,
    route_names,
)
from api.http.request_log import RequestLog
from api.ledger.writer import Ledger
from api.members import routes as members_routes
from api.models import routes as models_routes
from api.operation import edition_routes, import_routes, installation_routes
from api.payments import routes as payments_routes
from api.persons import routes as persons_routes
from api.portfolio import routes as portfolio_routes
from api.portfolio.book import Books
from api.portfolio.borrower import decisions_counted
from api.portfolio.persons import Persons
from api.portfolio.tally import Tally, preloading
from api.reconciliation import routes as reconciliation_routes
from api.reviews import routes as reviews_routes
from api.server import refusals
from api.server import routes as server_routes
from api.server.overload import Load, Overload
from api.server.serve import drained_on_signal, watching
from api.verify import routes as verify_routes
from api.verify.verifications import Verifications
from api.visits import routes as visits_routes
from api.webhooks import routes as webhooks_routes
from api.webhooks.delivery import delivering
from model import __version__


class _Application(FastAPI):
    #: The routes without log and bounds, for calls from a page that has passed both.
    routes_alone: ASGIApp

    def __init__(self, load: Load, **options: Any) -> None:
        super().__init__(**options)
        self.load = load

    def build_middleware_stack(self) -> ASGIApp:
        """Return all layers, the request log outermost."""
        self.routes_alone = super().build_middleware_stack()
        return RequestLog(Overload(self.routes_alone, self.load))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve without FastAPI's own telemetry; `api.core.metrics` holds the service's metrics."""
        await Starlette.__call__(self, scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = with_access(complete_document(super().openapi()))
        return self.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    forget_dead_workers()
    shorten_switch_interval()
    service: Service = app.state.service
    warn_of_private_keys(service.settings.home)
    app.state.ledger = ledger = await asyncio.to_thread(Ledger.open, service.settings)
    try:
        async with (
            drained_on_signal(service),
            watching(service),
            delivering(ledger, service.settings.home, service.settings.webhook_networks),
            preloading(ledger, app.state.tally),
        ):
            freeze_startup_objects()
            yield
    finally:
        await app.state.verifications.stop()
        await asyncio.to_thread(ledger.close)
        app.state.access_control.close()


def create_app(
    settings: Settings | None = None, today: Callable[[], date] = today_in_china
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    settings
        None reads the environment, because a server's worker starts without arguments.
    today
        Today in China, from which decisions are valid.
    """
    settings = settings or Settings.from_env()
    app = _Application(
        Load(settings.most_in_work),
        title="融资E 信贷决策服务 / Rongzi E decision service",
        version=__version__,
        lifespan=_lifespan,
        dependencies=[Depends(enforce, scope="function"), Depends(refuse_undeclared_query)],
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # FastAPI's own documentation pages load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = Service(settings, today)
    app.state.access_control = AccessControl(settings)
    app.state.tally = Tally()
    app.state.books = Books()
    app.state.persons = Persons()
    app.state.caps_exceeded = caps_exceeded
    app.state.decisions_counted = partial(decisions_counted, app.state.books)
    app.state.verifications = Verifications(settings)
    for router in (
        decisions_routes.router, members_routes.router, server_routes.about_router,
        access_routes.sign_in_router, session_routes.router, account_routes.router,
        duty_routes.router,
        order_routes.router, key_order_routes.router, access_routes.audit_router,
        server_routes.health_router,
        cases_routes.router, payments_routes.router, reviews_routes.router,
        consent_routes.router, persons_routes.router, portfolio_routes.router,
        reconciliation_routes.router,
        webhooks_routes.router, evidence_routes.router, visits_routes.router,
        edition_routes.router, installation_routes.router, import_routes.router,
        models_routes.router,
        verify_routes.router,
    ):  # fmt: skip
        app.include_router(router)
    console_routes.install(app)
    refusals.install(app)
    app.state.query_parameters = query_parameters(app)
    refuse_unlisted(route_names(app))
    return app
