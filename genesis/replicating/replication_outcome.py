"""What `genesis.replicate` returns: the table, its verdict, and how it came about."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from genesis._version import __version__
from genesis.io.output_set import OutputSet
from genesis.io.table_text import write_table
from genesis.replication.bins import plain_rows
from genesis.showing import Shown

__all__ = ["SUFFIXES", "Replication"]

#: The last one marks a complete set.
SUFFIXES = (".replication.tsv.gz", ".replication.json")


@dataclass(frozen=True, eq=False, repr=False)
class Replication(Shown):
    """How much of what claims predict was seen in samples that had no part in them.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a bin of posterior, for all claims and by what they rest on: ``rests_on``,
        ``lower``, ``upper``, ``n_claims``, ``n_anchors``, ``n_loci``, ``mean_posterior`` (which
        the share should be), ``share`` (λ), ``se`` (of these claims, over samples), ``se_between``
        (of such claims, over loci), ``low``, ``high``.
    verdict : str
        What it says, in words.
    claims : pandas.DataFrame
        The claims that were tested, with what each predicts and what was seen: ``test``,
        ``gene_a``, ``gene_b``, ``rests_on``, ``posterior``, ``effect``, ``anchor``, ``locus``,
        ``predicted``, ``seen``. With several layers ``layer_a`` and ``layer_b`` come after the
        genes.
    counts : dict
        ``claims`` by the lower end of their bin, ``tested``, ``not_tested`` by reason (another
        program's claims are tested on both halves, and count in each where they are not),
        ``anchors_turned``, the number of ``tests`` and the ``samples`` of each.
    notes : list of str
        What was done, and what could not be matched.
    run : dict
        Version, kind and options.
    by_layers : pandas.DataFrame or None
        The same as `table` from each layer to each other and within it, in place of what claims
        rest on: ``from_layer``, ``to_layer``, ``lower``, ``upper``, ``n_claimed`` (tested or not),
        ``n_claims`` (tested) and so on. None where there is one layer.
    """

    table: pd.DataFrame
    verdict: str
    claims: pd.DataFrame
    counts: dict[str, Any]
    notes: list[str]
    run: dict[str, Any]
    by_layers: pd.DataFrame | None = None

    def plot(self, ax: Any = None) -> Any:
        """Draw the share that was seen against the share that was predicted, by bin.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        CommandLineError
            matplotlib is not installed.
        DegenerateDataError
            No claim could be tested.
        """
        from genesis.report.replication_plot import draw_replication

        return draw_replication(self.table, ax)

    def record(self) -> dict[str, Any]:
        """All but the single claims, as JSON takes it."""
        return {
            "genesis": __version__,
            "verdict": self.verdict,
            "bins": plain_rows(self.table),
            **({} if self.by_layers is None else {"by_layers": plain_rows(self.by_layers)}),
            "counts": self.counts,
            "notes": self.notes,
            **self.run,
        }

    def save(self, prefix: str | Path, *, force: bool = False) -> list[Path]:
        """Write ``PREFIX.replication.tsv.gz`` (the claims) and ``.json`` (all else), or neither.

        Parameters
        ----------
        prefix : str or Path
            Directory and beginning of the names.
        force : bool
            Outputs that exist are replaced.

        Raises
        ------
        OutputWriteError
            An output exists and `force` is false, or the disk cannot take it.
        """
        text = json.dumps(self.record(), indent=2, ensure_ascii=False, allow_nan=False)
        with OutputSet(prefix, SUFFIXES, force=force) as outputs:
            write_table(outputs.path(SUFFIXES[0]), self.claims)
            outputs.path(SUFFIXES[1]).write_text(text + "\n", encoding="utf-8")
        return outputs.written
