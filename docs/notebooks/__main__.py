"""Execute the notebooks of this folder and write their outputs: ``python -m docs.notebooks``."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat

FOLDER = Path(__file__).parent
#: Of one cell, on a busy machine.
_SECONDS = 600


def executed(path: Path, folder: Path = FOLDER) -> nbformat.NotebookNode:
    """Return the notebook at `path` with the outputs of a fresh kernel that starts in `folder`."""
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=_SECONDS, kernel_name="python3", resources={"metadata": {"path": folder}}
    )
    client.execute()
    for cell in notebook.cells:
        # Times of day and of execution would differ at each run.
        cell.metadata.pop("execution", None)
    return notebook


def main() -> None:
    """Execute every notebook."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        nbformat.write(executed(path), path)


if __name__ == "__main__":
    main()
