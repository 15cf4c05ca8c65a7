"""The files that a change of each common kind touches, written down by hand, with the reason.

An example stands where any of several would do: ``model/profile/flows/commerce.py`` for the file of any
flow. What a second such change would not touch again (a new module, a new unit) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Kind of change → file → why it is touched.
TOUCHED: Mapping[str, Mapping[str, str]] = {
    "profile attribute": {
        "model/profile/dictionary.yaml": "its declaration: name, range, direction, texts",
        "model/profile/flows/commerce.py": "its formula, a function of the same name",
        "model/explanation/own_power.py": "its place among what one activity brings; no test asks for it",
        "tests/model/profile/cases.yaml": "a case in which it has a value; a test asks for it",
        "docs/dictionary.md": "written from the declaration; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "policy rule": {
        "model/policy/policy.yaml": "the rule with its date and source",
        "tests/model/policy/cases.yaml": "a case in which it matches and one in which not; tested",
        "docs/policy.md": "written from the policy; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "endpoint": {
        "api/reviews/routes.py": "its handler",
        "api/cases/schemas.py": "the shape of its answer",
        "api/reviews/queue.py": "what it does",
        "api/access/matrix.py": "roles and places; the service does not start without",
        "api/http/openapi_examples.json": "an example of its answer; a test asks for it",
        "tests/api/reviews/test_reviews.py": "what it answers",
        "docs/api.md": "its line in the list of addresses; a test holds it",
        "docs/access.md": "written from the matrix; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
    "report section": {
        "training/learn.py": "the figure as part of the run",
        "training/measures/discrimination.py": "the figure itself",
        "training/reports/page.py": "its place in the contents",
        "training/templates/training/discrimination.html": "its template, named as in the contents",
        "tests/training/reports/test_in_a_browser.py": "what it shows; that it is there is tested by itself",
        "CHANGELOG.md": "a sentence",
    },
    "import table": {
        "model/archive/archive.yaml": "its declaration: import, checks and schema follow",
        "data/simulator/records/events.py": "its simulated rows; a test holds every table filled",
        "data/simulator/simulation.py": "the rows entered into the book of a month",
        "data/simulator/records/vocabulary.py": "the words of its text columns",
        "data/simulator/branch_files/export.py": "which branch sends it",
        "data/simulator/branch_files/dirt.py": "what can be wrong with its rows",
        "tests/model/profile/cases.yaml": "a case that has rows of it; a test asks for it",
        "docs/archive.md": "written from the declaration; a test holds it",
        "CHANGELOG.md": "a sentence",
    },
}
