"""The texts of coded columns, by table."""

from __future__ import annotations

from collections.abc import Mapping

from data.simulator.arrays import CHANNELS, CROPS, OCCUPATIONS
from data.simulator.economy.assessing import GRADES
from data.simulator.economy.collection import LOAN_EVENTS
from data.simulator.economy.distress import ADVERSE_KINDS
from data.simulator.economy.requests import PURPOSES
from data.simulator.economy.schedule import REPAYMENTS
from data.simulator.economy.standing import STANDING_KINDS
from data.simulator.records.banking import ACCOUNT_KINDS, ACCOUNT_ROLES, EVIDENCE, INCOME_KINDS
from data.simulator.records.cooperatives import COOPERATIVE_ROLES
from data.simulator.records.events import ASSESSMENT_KINDS
from data.simulator.records.frames import Vocabulary
from data.simulator.records.loans import PRODUCTS
from data.simulator.records.people import CONSENT_PURPOSES, CONSENT_RECIPIENTS, HUKOU
from data.simulator.records.places import SERVICES_OFFERED
from data.simulator.records.plots import season_words
from data.simulator.world.id_numbers import member_ids, phones
from data.simulator.world.network import MANAGER, NETWORK_KINDS, SPECIALIST, STAFF_ROLES
from data.simulator.world.villages import COUNTIES
from data.simulator.world.world import World

EDUCATIONS = ("primary", "middle", "high", "college")


def vocabularies(world: World, loans: int) -> Mapping[str, Vocabulary]:
    """Return the texts of each table's text columns; `loans` is the number of applications."""
    members = {"member_id": member_ids(len(world.people))}
    return {
        **_places(world),
        **_people(world, members),
        **_flows(members),
        **_loans(members, loans),
    }


def _places(world: World) -> dict[str, Vocabulary]:
    network, staff = world.network, world.staff
    stations = {"station_id": [f"ST{i:05d}" for i in range(len(world.villages.station_village))]}
    return {
        "villages": _village_words(world),
        "network": {
            "node_or_route_id": [f"NW{i:05d}" for i in range(len(network.kind))],
            "kind": NETWORK_KINDS,
            "from_place": network.begins,
            "to_place": network.ends,
        },
        "stations": {**stations, "village_code": world.villages.village_codes},
        "station_months": {**stations, "service": SERVICES_OFFERED},
        "staff": {"staff_id": _staff_ids(world), "role": STAFF_ROLES, "place": staff.place},
    }


def _people(world: World, members: Vocabulary) -> dict[str, Vocabulary]:
    people, villages = world.people, world.villages
    number = len(people)
    accounts = {"account_id": [f"AC{i:09d}" for i in range(3 * number)]}
    heads = range(len(world.cooperatives.head))
    cooperatives = {"cooperative_id": [f"CO{i:05d}" for i in heads]}
    return {
        "members": {
            **members,
            "id_number": people.id_numbers,
            "name": people.names,
            "phone": phones(2 * number),
            "gender": ("female", "male"),
            "village_code": villages.village_codes,
            "household_id": [f"H{i:08d}" for i in range(len(world.homes))],
            "education": EDUCATIONS,
            "occupation": OCCUPATIONS,
            "hukou": HUKOU,
        },
        "consents": {
            **members,
            "purpose": CONSENT_PURPOSES,
            "recipient": CONSENT_RECIPIENTS,
            "document": [f"SQ{i:08d}" for i in range(number)],
        },
        "cooperatives": {
            **cooperatives,
            "name": [f"{villages.village_names[world.homes.village[h]]}第{i + 1}合作社"
                     for i, h in enumerate(world.cooperatives.head)],
            "village_code": villages.village_codes,
        },
        "cooperative_members": {**cooperatives, **members, "role": COOPERATIVE_ROLES},
        "cooperative_sales": {**cooperatives, "channel": CHANNELS},
        "accounts": {**accounts, **members, "role": ACCOUNT_ROLES, "kind": ACCOUNT_KINDS},
        "standing_payments": {**accounts, "kind": STANDING_KINDS},
        "incomes": {**members, "kind": INCOME_KINDS, "evidence": EVIDENCE},
        "sales": {**members, **cooperatives, "channel": CHANNELS},
        "assessments": {**members, "kind": ASSESSMENT_KINDS, "grade": GRADES, **_assessors(world)},
    }  # fmt: skip


def _flows(members: Vocabulary) -> dict[str, Vocabulary]:
    return {
        "plots": {**members, "season": season_words(), "crop": CROPS, "tenure": ("own", "leased")},
        "parcels": members,
        "cashflow": members,
        "adverse_records": {**members, "kind": ADVERSE_KINDS},
        "bureau_reports": members,
    }


def _loans(members: Vocabulary, loans: int) -> dict[str, Vocabulary]:
    loan_ids = {"loan_id": [f"LN{i:08d}" for i in range(max(loans, 1))]}
    return {
        "loans": {
            **members,
            **loan_ids,
            "product": PRODUCTS,
            "line_id": [f"L{i:08d}" for i in range(max(loans, 1))],
            "decision": ("declined", "approved"),
            "repayment": REPAYMENTS,
            "purpose": PURPOSES,
            "guarantor_id": members["member_id"],
        },
        "instalments": loan_ids,
        "repayments": loan_ids,
        "loan_events": {**loan_ids, "kind": LOAN_EVENTS},
    }


def _staff_ids(world: World) -> list[str]:
    """Return the ids of managers, specialists and officers; officers assess members too."""
    role, officers = world.staff.role, _assessors(world)["assessor_id"]
    managers, specialists = int((role == MANAGER).sum()), int((role == SPECIALIST).sum())
    return [
        *(f"TM{i:04d}" for i in range(managers)),
        *(f"VS{i:04d}" for i in range(specialists)),
        *officers,
    ]


def _village_words(world: World) -> Vocabulary:
    villages = world.villages
    return {
        "village_code": villages.village_codes,
        "county": [name for _, name in COUNTIES],
        "township": villages.township_names,
        "village": villages.village_names,
    }


def _assessors(world: World) -> Vocabulary:
    return {"assessor_id": [f"A{i:05d}" for i in range(6 * len(world.villages.township_names))]}
