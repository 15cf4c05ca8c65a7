"""Faults injected under load; each promise of docs/reliability.md is held or broken here.

``python -m benchmarks.faults --home HOME NAME`` (`--help` lists the names).
"""

from tests.support.faults.run import main

if __name__ == "__main__":
    main()
