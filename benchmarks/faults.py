"""Faults under load that test the promises of docs/evidence/reliability.md.

    python -m benchmarks.faults --home HOME NAME

``--help`` lists the names.
"""

from tests.support.faults.run import main

if __name__ == "__main__":
    main()
