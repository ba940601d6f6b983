"""What a run returns: its findings, and what can be done with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genesis.findings.claim_graph import choose_claims
from genesis.findings.findings import Findings

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from genesis.constraints.graph import ConstraintGraph
    from genesis.paths.tell import Paths
    from genesis.report.plots import Plots
    from genesis.trust.judge import Verdict

__all__ = ["Result"]


@dataclass(frozen=True, eq=False, repr=False)
class Result(Findings):
    """The outcome of `genesis.discover`: `Findings`, with figures, constraints and files."""

    def _rows(self) -> Iterator[tuple[str, str]]:
        """What was found, and whether to trust it."""
        yield from super()._rows()
        yield "verdict", self.verdict.headline.removeprefix("Verdict: ")

    @property
    def plot(self) -> Plots:
        """Figures of the result, as in the report; needs the extra ``plot``.

        See Also
        --------
        genesis.report.plots.Plots
        """
        from genesis.report.plots import Plots

        return Plots(self)

    @property
    def verdict(self) -> Verdict:
        """Whether to trust the run: green, amber or red, with the checks that say so.

        The same words are in ``PREFIX.run.json`` (key ``verdict``), the report, and what
        ``genesis run`` and ``genesis show`` print. ``print(result.verdict)`` shows them.

        See Also
        --------
        genesis.trust.judge.Verdict
        """
        from genesis.trust.judge import judge

        return judge(self)

    def to_networkx(self, *, direct: bool = True, min_posterior: float | None = None) -> nx.DiGraph:
        """A directed graph of the claims: an edge a → b for every direct claim a ≺ b.

        Parameters
        ----------
        direct : bool
            Edges are direct claims. Otherwise there is an edge for every a ≺ b, also where it
            follows along a path of others, and for every a ⪯ b; the attributes ``relation`` and
            ``direct`` say which.
        min_posterior : float, optional
            Only claims with this posterior: of an edge, or of a ≺ b where not `direct`.

        Returns
        -------
        networkx.DiGraph
            Nodes are all genes, by name, in the order of the result, with attributes ``name``,
            ``chrom``, ``start``, ``end`` (where known) and ``anchors`` (names of its anchors with
            commas between them; left out where there is none). Edges have the columns of
            `relations` as attributes; missing ones are left out. All values are str, int, float
            or bool. A claim takes about two kilobytes: for millions of claims work with
            `relations` instead.

        Raises
        ------
        CommandLineError
            `min_posterior` is no probability, or the method estimates none.
        """
        return choose_claims(self, direct=direct, min_posterior=min_posterior).to_networkx()

    def to_igraph(self, *, direct: bool = True, min_posterior: float | None = None) -> Any:
        """The same graph for igraph.

        Parameters
        ----------
        direct, min_posterior
            As for `to_networkx`.

        Returns
        -------
        igraph.Graph
            Directed; vertices and edges have the attributes of `to_networkx`, None where missing.

        Raises
        ------
        CommandLineError
            igraph is not installed, or as `to_networkx`.
        """
        from genesis.findings.other_objects import as_igraph

        return as_igraph(choose_claims(self, direct=direct, min_posterior=min_posterior))

    def to_anndata(self) -> Any:
        """The claims as pairs of variables of an AnnData, such as of scanpy and decoupler.

        Returns
        -------
        anndata.AnnData
            Without observations. ``var``: the genes, with ``chrom``, ``start``, ``end`` and
            ``anchors``. ``varp``, sparse matrices, row a before column b: ``ancestor`` (a ≺ b is
            claimed), ``direct`` (and is an edge), and of method calibrated ``effect`` (the total
            effect of each claim) and ``posterior`` (of a ≺ b, claimed or not; 0 below the least
            that the run lists). ``uns["genesis_run"]``: the record of the run, as JSON.

        Raises
        ------
        CommandLineError
            anndata is not installed.
        """
        from genesis.findings.other_objects import as_anndata
        from genesis.result.files import record_text

        return as_anndata(self, record_text(self.run))

    def claims(
        self, gene: str | None = None, *, direct: bool = False, min_posterior: float | None = None
    ) -> pd.DataFrame:
        """Ancestor claims, the strongest first, with the columns of `relations`.

        Parameters
        ----------
        gene : str, optional
            Only claims about this gene, on whichever side it stands.
        direct : bool
            Only direct ones.
        min_posterior : float, optional
            Only claims with this posterior: of an edge where `direct`, else of gene_a ≺ gene_b.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        CommandLineError
            There is no such gene, `min_posterior` is no probability, or the method estimates none.
        """
        from genesis.findings.claim_list import list_claims

        return list_claims(self, gene, direct=direct, min_posterior=min_posterior)

    def upstream(
        self, gene: str, *, direct: bool = False, min_posterior: float | None = None
    ) -> pd.DataFrame:
        """The claims of genes upstream of this one, which is gene_b; else as `claims`."""
        from genesis.findings.claim_list import list_claims

        return list_claims(self, gene, downstream=False, direct=direct, min_posterior=min_posterior)

    def downstream(
        self, gene: str, *, direct: bool = False, min_posterior: float | None = None
    ) -> pd.DataFrame:
        """The claims of genes downstream of this one, which is gene_a; else as `claims`."""
        from genesis.findings.claim_list import list_claims

        return list_claims(self, gene, upstream=False, direct=direct, min_posterior=min_posterior)

    def paths(self, to: str, source: str | None = None, *, limit: int = 20) -> Paths:
        """Through which molecules loci act on a gene or a trait, and how much of it through each.

        Parameters
        ----------
        to : str
            The target: a gene, or whatever else is in the gene table.
        source : str, optional
            Where paths begin: a variant, a gene (the variants that act on it) or a region such as
            ``"chr2:1000-2000"``. By default all loci that act on the target with a posterior of at
            least 0.05.
        limit : int
            Most paths to list.

        Returns
        -------
        Paths
            Tables of loci, molecules, paths, and of what else the same variants do.

        Raises
        ------
        CommandLineError
            There is no such target or source, or the run kept no graphs up to the target.
        InputOpenError
            The file of the graphs is gone.
        InputReadError
            It is damaged.

        Examples
        --------
        >>> import numpy as np
        >>> import genesis
        >>> rng = np.random.default_rng(1)
        >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
        >>> a = z[:, 0] + rng.normal(size=500)
        >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
        >>> found = result.paths("gene2")
        >>> found.loci[["locus", "verdict"]].to_numpy().tolist()
        [['variant2', 'beside'], ['variant1', 'through']]
        >>> found.paths["path"].tolist()[:2]
        ['variant2 → gene2', 'variant1 → gene1 → gene2']
        """
        from genesis.paths.tell import tell_paths

        return tell_paths(self, to, source, limit)

    def constraints(
        self, *, min_posterior: float | None = None, fdr: float | None = None
    ) -> ConstraintGraph:
        """What a downstream learner may use of this result, each entry with its reason.

        See Also
        --------
        genesis.ConstraintGraph.from_result : says what `min_posterior` and `fdr` do.
        """
        from genesis.constraints.graph import ConstraintGraph

        return ConstraintGraph.from_result(self, min_posterior=min_posterior, fdr=fdr)

    def save(self, prefix: str | Path, *, force: bool = False) -> list[Path]:
        """Write all outputs as ``PREFIX.*``, all of them or none.

        Parameters
        ----------
        prefix : str or Path
            Directory and beginning of the names. A missing directory is made.
        force : bool
            Outputs that exist are replaced.

        Returns
        -------
        list of Path
            The files.

        Raises
        ------
        OutputWriteError
            An output exists and `force` is false, or the disk cannot take it.
        MalformedInputError
            A name cannot be written to a table (tab, line break, empty, repeated).
        """
        from genesis.result.files import save_result

        return save_result(self, prefix, force=force)
