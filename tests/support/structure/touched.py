"""Files that a change of each common kind touches, listed by hand, with the reason.

One file stands as an example where several would do, such as one flow for any flow. The lists leave
out the pages that ``make docs`` generates and what a second change would not need again (a new
module, a new unit). An attribute on which the member can act also gets a lever in
``model/explanation/own_power.py``.
"""

from __future__ import annotations

from collections.abc import Mapping

#: Kind of change → file → why it changes.
TOUCHED: Mapping[str, Mapping[str, str]] = {
    "profile attribute": {
        "model/profile/dictionary.yaml": "its declaration: name, range, direction, texts",
        "model/profile/flows/information.py": "its formula, a function of the same name",
        "tests/model/profile/cases.yaml": "a case in which it has a value; a test requires it",
        "CHANGELOG.md": "a sentence",
    },
    "policy rule": {
        "model/policy/policy.yaml": "the rule with its date and source",
        "tests/model/policy/cases.yaml": "a case that matches and one that does not; tested",
        "CHANGELOG.md": "a sentence",
    },
    "endpoint": {
        "api/reviews/routes.py": "its handler",
        "api/reviews/schemas.py": "the fields of its answer",
        "api/reviews/queue.py": "what it computes",
        "api/access/matrix.py": "its roles and places; the service does not start without them",
        "api/http/openapi_examples.json": "an example of its answer; a test requires it",
        "tests/api/reviews/test_reviews.py": "what it answers",
        "docs/reference/api.md": "its line in the list of addresses; a test requires it",
        "CHANGELOG.md": "a sentence",
    },
    "report section": {
        "training/run.py": "the figure as part of the run",
        "training/measures/discrimination.py": "the figure itself",
        "training/reports/page.py": "its position in the contents",
        "training/reports/sections/discrimination.py": "its template",
        "tests/training/reports/test_in_a_browser.py": "what it shows",
        "CHANGELOG.md": "a sentence",
    },
    "import table": {
        "model/archive/archive.yaml": "its declaration: import, checks and schema follow",
        "data/simulator/records/banking.py": "its simulated rows; a test requires every table",
        "data/simulator/records/month.py": "the rows of each month",
        "data/simulator/records/vocabulary.py": "the words of its text columns",
        "data/simulator/branch_files/export.py": "which branch sends it",
        "data/simulator/branch_files/dirt.py": "what can be wrong with its rows",
        "tests/model/profile/cases.yaml": "a case that has rows of it; a test requires it",
        "CHANGELOG.md": "a sentence",
    },
}
