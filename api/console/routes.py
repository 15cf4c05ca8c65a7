"""Every page of the console, with its address."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from api.console import (
    accesses,
    account,
    accounts,
    away,
    cards,
    consents,
    decisions,
    differences,
    duties,
    editions,
    figures,
    imports,
    installation,
    key_orders,
    ledger,
    member_notice,
    members,
    models,
    payments,
    provider,
    reviews,
    search,
    second_factor,
    village_paper,
    village_sheet,
    villages,
    visits,
    watching,
    whitelist,
)
from api.console.paper_file import PaperFiles
from api.console.renewal import Renewals
from api.console.serve import PageRoute
from api.console.static_files import get_static
from api.core.settings import REDIRECT_PATH

PAGES: tuple[PageRoute, ...] = (
    PageRoute("/console/", account.show_home),
    PageRoute("/console/sign-in", account.show_sign_in, is_open=True),
    PageRoute("/console/sign-in", account.show_sign_in, account.sign_in, is_open=True),
    PageRoute("/console/second-factor", second_factor.show_enrolment, is_open=True),
    PageRoute(
        "/console/second-factor", second_factor.show_enrolment, second_factor.enrol, is_open=True
    ),
    PageRoute(
        "/console/second-factor/confirmation",
        second_factor.show_enrolment,
        second_factor.confirm,
        is_open=True,
    ),
    PageRoute("/console/sign-in/provider", account.show_sign_in, provider.leave, is_open=True),
    PageRoute(REDIRECT_PATH, provider.come_back, is_open=True),
    PageRoute(provider.NEXT, provider.go_on),
    PageRoute("/console/sign-in/end", account.show_sign_in, provider.end, is_open=True),
    PageRoute("/console/sign-out", account.show_sign_in, account.sign_out, is_open=True),
    PageRoute("/console/language", account.show_sign_in, account.choose_language, is_open=True),
    PageRoute("/console/villages", villages.show_villages),
    PageRoute("/console/villages/{village_code}", village_sheet.show_village),
    PageRoute("/console/villages/{village_code}/sheet.xlsx", village_sheet.get_village_workbook),
    PageRoute("/console/villages/{village_code}/sheet.pdf", village_paper.get_village_file),
    PageRoute("/console/away/session", away.get_session),
    PageRoute("/console/away/notes", away.show_answer, away.send_note),
    PageRoute("/console/away/villages/{village_code}", away.get_pack),
    PageRoute("/console/away/worker.js", away.get_worker, is_open=True),
    PageRoute("/console/away/{language}.webmanifest", away.get_manifest, is_open=True),
    PageRoute("/console/away/{language}", away.show_away, is_open=True),
    PageRoute("/console/search", search.show_search),
    PageRoute("/console/search", search.show_search, search.search),
    PageRoute("/console/members/{member_id}", members.show_member),
    PageRoute("/console/members/{member_id}/consent", members.show_member, consents.give),
    PageRoute(
        "/console/members/{member_id}/consent/withdrawal", members.show_member, consents.withdraw
    ),
    PageRoute("/console/members/{member_id}/ask", members.show_ask),
    PageRoute("/console/members/{member_id}/ask", members.show_ask, members.ask),
    PageRoute("/console/members/{member_id}/visit", visits.show_visit),
    PageRoute("/console/members/{member_id}/visit", visits.show_visit, visits.record),
    PageRoute(
        "/console/members/{member_id}/visits/{visit_id}/withdrawal",
        members.show_member,
        visits.withdraw,
    ),
    PageRoute("/console/decisions", decisions.show_decisions),
    PageRoute("/console/decisions", decisions.show_decisions, decisions.find),
    PageRoute("/console/decisions/{decision_id}", decisions.show_decision),
    PageRoute("/console/decisions/{decision_id}/replay", decisions.show_replay),
    PageRoute("/console/decisions/{decision_id}/notice", member_notice.show_notice),
    PageRoute("/console/decisions/{decision_id}/notice.pdf", member_notice.get_notice_file),
    PageRoute("/console/decisions/{decision_id}/evidence.zip", decisions.get_evidence),
    *(
        PageRoute(f"/console/decisions/{{decision_id}}/{form}", decisions.show_decision, act)
        for form, act in (
            ("payments", payments.pay),
            ("payments/{number}/cancellation", payments.cancel),
            ("payments/{number}/repayments", payments.repay),
            ("payments/{number}/repayments/{repayment}/cancellation", payments.cancel_repayment),
            ("proposals/{proposal_id}", payments.confirm),
            ("proposals/{proposal_id}/withdrawal", payments.withdraw),
            ("review-request", reviews.request_review),
            ("claim", reviews.claim),
            ("release", reviews.release),
            ("verdict", reviews.give_verdict),
        )
    ),
    PageRoute("/console/reviews", reviews.show_reviews),
    PageRoute("/console/differences", differences.show_differences),
    PageRoute(
        "/console/members/{member_id}/differences/{difference_id}/settlement",
        differences.show_differences,
        differences.settle,
    ),
    PageRoute("/console/accesses", accesses.show_accesses),
    PageRoute("/console/ledger", ledger.show_ledger),
    PageRoute("/console/ledger", ledger.show_ledger, ledger.verify),
    PageRoute("/console/accounts", accounts.show_accounts),
    PageRoute("/console/accounts/duties", duties.show_duties),
    PageRoute("/console/accounts/orders", accounts.show_accounts, accounts.order),
    PageRoute(
        "/console/accounts/orders/{order_id}/approval",
        accounts.show_accounts,
        accounts.approve_order,
    ),
    PageRoute("/console/accounts/{account_name}/sessions", accounts.show_account_sessions),
    PageRoute(
        "/console/accounts/{account_name}/sessions",
        accounts.show_account_sessions,
        accounts.end_account_sessions,
    ),
    PageRoute("/console/sessions", accounts.show_own_sessions),
    PageRoute(
        "/console/sessions/{session_id}/end", accounts.show_own_sessions, accounts.end_own_session
    ),
    PageRoute("/console/key-orders", key_orders.show_key_orders),
    PageRoute("/console/key-orders", key_orders.show_key_orders, key_orders.order),
    PageRoute(
        "/console/key-orders/{order_id}/approval",
        key_orders.show_key_orders,
        key_orders.approve_order,
    ),
    PageRoute("/console/imports", imports.show_imports),
    PageRoute("/console/imports/{import_id}", imports.show_import),
    PageRoute("/console/imports/{import_id}/report.xlsx", imports.get_import_workbook),
    PageRoute(
        "/console/imports/{import_id}/files/{file_number}/quarantine", imports.get_quarantine
    ),
    PageRoute("/console/freshness", imports.show_freshness),
    PageRoute("/console/freshness.xlsx", imports.get_freshness_workbook),
    PageRoute("/console/editions", editions.show_editions),
    PageRoute("/console/editions.xlsx", editions.get_editions_workbook),
    PageRoute("/console/editions/held/order", editions.show_editions, editions.order_publication),
    PageRoute("/console/editions/{edition}", editions.show_edition),
    PageRoute("/console/editions/{edition}/differences.xlsx", editions.get_difference_workbook),
    PageRoute(
        "/console/editions/{edition}/rollback-order", editions.show_edition, editions.order_rollback
    ),
    PageRoute("/console/installation", installation.show_installation),
    PageRoute("/console/models", models.show_runs),
    PageRoute("/console/models/runs/{run_id}", models.show_run),
    PageRoute("/console/models/runs/{run_id}/order", models.show_run, key_orders.order),
    PageRoute("/console/models/monitoring", watching.show_monitorings),
    PageRoute("/console/models/monitoring/{run_id}", watching.show_monitoring),
    PageRoute("/console/models/swap-sets", watching.show_swap_sets),
    PageRoute("/console/models/swap-sets/{run_id}", watching.show_swap_set),
    PageRoute("/console/models/cards", cards.show_cards),
    PageRoute("/console/models/cards/{digest}", cards.show_card),
    PageRoute("/console/models/cards/{digest}/order", cards.show_card, key_orders.order),
    PageRoute("/console/models/cards/{digest}/against/{other_digest}", cards.show_cards_against),
    PageRoute("/console/whitelist", whitelist.show_whitelist),
    PageRoute("/console/figures", figures.show_figures),
    PageRoute("/console/figures.xlsx", figures.get_workbook),
)


async def _to_first_page(_: Request) -> Response:
    return RedirectResponse("/console/", 307)


def install(app: FastAPI) -> None:
    """Serve the console on `app`; its pages are no part of the API's document."""
    app.state.renewals = Renewals()
    app.state.paper_files = PaperFiles()
    add = app.router.routes.append
    add(Route("/console", _to_first_page, methods=["GET"]))
    add(Route("/console/static/{digest}/{name}", get_static, methods=["GET"]))
    for page in PAGES:
        add(Route(page.path, page, methods=[page.method]))
    add(Route("/console/{rest:path}", PageRoute("", account.no_such_page, is_open=True)))
