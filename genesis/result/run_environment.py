"""Where a run was made: versions of what it used, the host, and the directory it was started in."""

from __future__ import annotations

import os
import platform
import socket
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from genesis.engine.threads import available_threads

__all__ = ["run_environment"]

#: Distributions that every run uses, and those that are loaded where an input asks for them, by
#: the name of their module.
ALWAYS = ("numpy", "scipy", "pandas", "pyarrow", "numba", "networkx", "arviz-stats")
WHERE_LOADED = {
    "cyvcf2": "cyvcf2",
    "bed_reader": "bed-reader",
    "pgenlib": "Pgenlib",
    "bgen": "bgen",
    "zarr": "zarr",
    "anndata": "anndata",
    "fsspec": "fsspec",
    "distributed": "distributed",
}


@cache
def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # on the path without having been installed
        return "unknown"


def run_environment() -> dict[str, Any]:
    """What a result may depend on beside its inputs and options, for the record of a run.

    Returns
    -------
    dict
        ``versions`` (of Python and of the packages that are in use), ``host``, ``platform``,
        ``cpus`` (of the machine, and those that this process may use) and ``directory``, against
        which relative paths of the record are to be taken.

    Examples
    --------
    >>> import numpy as np
    >>> found = run_environment()
    >>> sorted(found)
    ['cpus', 'directory', 'host', 'platform', 'versions']
    >>> found["versions"]["numpy"] == np.__version__
    True
    """
    loaded = [name for module, name in WHERE_LOADED.items() if module in sys.modules]
    versions = {"python": platform.python_version()}
    for name in (*ALWAYS, *loaded):
        versions[name] = _version(name)
    return {
        "versions": versions,
        "host": socket.gethostname(),
        "platform": platform.platform(),
        "cpus": {"machine": os.cpu_count() or 1, "usable": available_threads()},
        "directory": str(Path.cwd()),
    }
