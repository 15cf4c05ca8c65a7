"""The files that a change of each common kind touches, written down by hand, with the reason.

An example stands where any of several would do: ``model/flows/commerce.py`` for the file of any
flow. What a second such change would not touch again (a new module, a new unit) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Kind of change → file → why it is touched.
TOUCHED: Mapping[str, Mapping[str, str]] = {
    "profile attribute": {
        "model/dictionary.yaml": "its declaration: name, range, direction, texts",
        "model/flows/commerce.py": "its formula, a function of the same name",
        "model/own_power.py": "its place among what one activity brings; no test asks for it",
        "tests/profile_cases.yaml": "a case in which it has a value; a test asks for it",
        "docs/dictionary.md": "written from the declaration; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "policy rule": {
        "model/policy.yaml": "the rule with its date and source",
        "tests/policy_cases.yaml": "a case in which it matches and one in which not; tested",
        "docs/policy.md": "written from the policy; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "endpoint": {
        "api/lending/routes_reviews.py": "its handler",
        "api/lending/report_shapes.py": "the shape of its answer",
        "api/lending/overrides_report.py": "what it does",
        "api/access/matrix.py": "roles and places; the service does not start without",
        "api/openapi_examples.json": "an example of its answer; a test asks for it",
        "tests/test_lending_reviewing.py": "what it answers",
        "docs/api.md": "its line in the list of addresses; a test holds it",
        "docs/access.md": "written from the matrix; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "report section": {
        "training/learn.py": "the figure as part of the run",
        "training/discrimination.py": "the figure itself",
        "training/report.py": "its place in the contents",
        "training/templates/training/discrimination.html": "its template, named as in the contents",
        "tests/test_report_browser.py": "what it shows; that it is there is tested by itself",
        "CHANGELOG.md": "a sentence",
    },
    "import table": {
        "model/archive.yaml": "its declaration: import, checks and schema follow",
        "data/simulator/event_records.py": "its simulated rows; a test holds every table filled",
        "data/simulator/simulation.py": "the rows entered into the book of a month",
        "data/simulator/vocabulary.py": "the words of its text columns",
        "data/simulator/partition.py": "which branch sends it",
        "data/simulator/dirt.py": "what can be wrong with its rows",
        "tests/profile_cases.yaml": "a case that has rows of it; a test asks for it",
        "docs/archive.md": "written from the declaration; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
}
