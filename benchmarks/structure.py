"""The structure of the product: rooms, circles, the path of a request, sizes, files to touch.

    python -m benchmarks.structure [--json]

Run it in the root of the repository. The product is the packages that ``pyproject.toml`` names for
import-linter, without tests and benchmarks. The request runs in a temporary home.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from tests.support.structure.figures import decision_figures, figures, table
from tests.support.structure.imports import Product


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, also the graph of each room.")
def main(as_json: bool) -> None:
    """Measure and print."""
    product = Product.of(Path.cwd())
    found = figures(product) | {"decision": decision_figures(product)}
    print(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(table(found)))


if __name__ == "__main__":
    main()
