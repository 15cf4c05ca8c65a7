"""The texts of coded columns, by table."""

from __future__ import annotations

from collections.abc import Mapping

from data.simulator.arrays import CHANNELS, CROPS, OCCUPATIONS
from data.simulator.economy.assessing import GRADES
from data.simulator.economy.borrowing import PURPOSES
from data.simulator.economy.distress import ADVERSE_KINDS
from data.simulator.economy.loan import REPAYMENTS
from data.simulator.records.events import ASSESSMENT_KINDS
from data.simulator.records.frames import Vocabulary
from data.simulator.records.plots import season_words
from data.simulator.world.id_numbers import member_ids, phones
from data.simulator.world.villages import COUNTIES
from data.simulator.world.world import World

EDUCATIONS = ("primary", "middle", "high", "college")


def vocabularies(world: World, loans: int) -> Mapping[str, Vocabulary]:
    """Return the texts of each table's text columns; `loans` is the number of applications."""
    people, villages = world.people, world.villages
    members = {"member_id": member_ids(len(people))}
    loan_ids = {"loan_id": [f"RZE{i:08d}" for i in range(max(loans, 1))]}
    return {
        "villages": _village_words(world),
        "members": {
            **members,
            "id_number": people.id_numbers,
            "name": people.names,
            "phone": phones(2 * len(people)),
            "gender": ("female", "male"),
            "village_code": villages.village_codes,
            "household_id": [f"H{i:08d}" for i in range(len(world.homes))],
            "education": EDUCATIONS,
            "occupation": OCCUPATIONS,
        },
        "plots": {**members, "season": season_words(), "crop": CROPS, "tenure": ("own", "leased")},
        "parcels": members,
        "sales": {**members, "channel": CHANNELS},
        "cashflow": members,
        "assessments": {**members, "kind": ASSESSMENT_KINDS, "grade": GRADES, **_assessors(world)},
        "adverse_records": {**members, "kind": ADVERSE_KINDS},
        "loans": {
            **members,
            **loan_ids,
            "decision": ("declined", "approved"),
            "repayment": REPAYMENTS,
            "purpose": PURPOSES,
        },
        "repayments": loan_ids,
    }


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
