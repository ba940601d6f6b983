"""Seconds that starting takes: ``genesis --help`` and ``import genesis``.

Run as ``python tests/benchmarks/startup.py``; it prints the median of several starts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

STARTS = {
    "python": ["-c", "pass"],
    "genesis --help": ["-m", "genesis", "--help"],
    "genesis run --help": ["-m", "genesis", "run", "--help"],
    "import numpy, pandas": ["-c", "import numpy, pandas"],
    "import numpy, pandas, genesis": ["-c", "import numpy, pandas, genesis"],
}


def seconds(arguments: list[str], repeats: int = 7) -> float:
    """Median time of a start, after one that warms the file cache."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


if __name__ == "__main__":
    for name, arguments in STARTS.items():
        print(f"{name:32} {seconds(arguments):6.2f} s")
