"""Imports go down: arrows between packages follow the list of layers, and no file is in a circle.

The list stands in docs/architecture.md, from the bottom up, one layer a line.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "genesis"


def layers() -> dict[str, int]:
    """The height of each room: packages, and files at the top level."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    block = page.split("<!-- layers -->")[1].split("```")[1]
    lines = [line.split("#")[0].split() for line in block.splitlines()[1:]]
    rows = [rooms for rooms in lines if rooms]
    return {room: height for height, rooms in enumerate(rows) for room in rooms}


def modules() -> dict[str, Path]:
    """Files of the package by the names that they are imported by."""
    named = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


MODULES = modules()


def imports(path: Path, *, for_types: bool = True) -> set[str]:
    """Modules of the package that a file imports: at the top, in functions, or for types alone."""
    tree = ast.parse(path.read_text())
    if not for_types:
        tree = _WithoutTypes().visit(tree)
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name in MODULES}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                found |= {name for name in (whole,) if name in MODULES} or {node.module}
    return {name for name in found if name.split(".")[0] == "genesis"}


class _WithoutTypes(ast.NodeTransformer):
    """Takes out what only type checkers see."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        is_for_types = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if is_for_types else self.generic_visit(node)


def room(module: str) -> str:
    """The package that a module is in, or the file where it is in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


#: Packages whose `__init__` hands out public names of rooms above, when they are asked for.
FRONT_DOORS = ("genesis", "genesis.constraints")


def arrows() -> dict[tuple[str, str], str]:
    """Arrows between rooms, each with a file and what it imports."""
    found = {}
    for module, path in MODULES.items():
        if module in FRONT_DOORS:
            continue
        for target in imports(path):
            if target == "genesis":
                continue  # as a user would, in the commands
            if room(target) != room(module):
                found[room(module), room(target)] = f"{path.relative_to(ROOT)} imports {target}"
    return found


def test_every_room_has_a_layer():
    rooms = {room(module) for module in MODULES} - {"__init__"}
    assert rooms == set(layers())


def test_arrows_go_down():
    height = layers()
    upward = [why for (above, below), why in arrows().items() if height[above] <= height[below]]
    assert not upward, "\n".join(sorted(upward))


def test_only_the_commands_import_the_front_door():
    users = {room(name) for name, path in MODULES.items() if "genesis" in imports(path)}
    assert users <= {"cli", "__main__"}


def test_no_file_is_in_a_circle():
    graph = nx.DiGraph(
        (module, target)
        for module, path in MODULES.items()
        for target in imports(path, for_types=False)
        if module != "genesis"
    )
    circles = [sorted(one) for one in nx.strongly_connected_components(graph) if len(one) > 1]
    assert not circles


def test_no_name_of_a_file_occurs_twice():
    names = Counter(path.name for path in MODULES.values() if path.name != "__init__.py")
    # Each command is called what its package is called.
    inside = Counter(path.name for path in MODULES.values() if path.parent.name == "cli")
    twice = {name for name, n in names.items() if n - inside[name] > 1}
    assert not twice


@pytest.mark.parametrize("page", ["architecture.md", "model.md", "rules.md"])
def test_pages_name_files_that_are_there(page):
    text = (ROOT / "docs" / page).read_text()
    names = re.findall(r"`((?:\w+/)+\w+\.py)`", text)
    lost = [name for name in names if not any((top / name).is_file() for top in (ROOT, PACKAGE))]
    assert names
    assert not lost
