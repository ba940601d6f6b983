"""Tables of the terminal at any width."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from genesis.cli.fitted_table import FittedTable
from genesis.cli.terminal_summary import add_row


def printed(width, rows=(("chr2_snp0657", "through", "0.98", "+0.43 (+0.36, +0.49)"),)):
    table = FittedTable("Loci", ["locus", "verdict"], ["posterior", "effect (90 %)"])
    for row in rows:
        add_row(table, *row)
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None)
    console.print(table)
    once = file.getvalue()
    console.print(table)
    assert file.getvalue() == 2 * once
    return once


@pytest.mark.parametrize("width", [61, 80, 140])
def test_words_stay_whole(width):
    found = printed(width)
    for word in ("chr2_snp0657", "through", "0.98", "+0.43 (+0.36, +0.49)", "verdict"):
        assert word in found
    assert "No room" not in found
    assert max(map(len, found.splitlines())) <= width


def test_what_stands_last_is_left_out_and_named():
    found = printed(50)
    assert "0.98" in found
    assert "+0.43" not in found
    assert found.endswith("No room for: effect (90 %)\n\n")
    found = printed(30)
    assert "chr2_snp0657" in found
    assert "through" in found
    assert "No room for: posterior, effect (90 %)" in " ".join(found.split())


def test_text_of_several_words_is_wrapped_between_them():
    found = printed(60, [("chr2_snp0657 near a gene of a long name", "through", "1", "+0.4")])
    assert "chr2_snp0657" in found
    assert max(map(len, found.splitlines())) <= 60


def test_a_name_longer_than_the_terminal_is_folded_and_not_cut():
    found = printed(20, [("x" * 30, "y", "1", "2")])
    assert "".join(found.split()).count("x") == 30
