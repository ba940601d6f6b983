"""The paths from loci to a target: what is asked for, and what is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.errors import CommandLineError
from genesis.findings.findings import Findings
from genesis.findings.gene_names import gene_position, similar_names
from genesis.findings.sampled_graphs import KEPT_GENES, GraphTables
from genesis.io.contigs import ContigNames
from genesis.io.ids import counted
from genesis.io.regions import PATTERN, find_contigs, parse_regions
from genesis.paths.likeliest import likeliest_paths
from genesis.paths.path_tables import (
    BESIDE,
    LISTED,
    THROUGH,
    UNKNOWN,
    Names,
    locus_tables,
    other_effects,
    path_table,
)
from genesis.paths.upstream import Upstream, upstream_of
from genesis.showing import Shown

__all__ = ["Paths", "tell_paths", "upstream_to"]


@dataclass(frozen=True, eq=False, repr=False)
class Paths(Shown):
    """Through which molecules loci act on a target, as sampled graphs have it.

    A posterior is the share of the graphs, by weight, in which something is so; effects are those
    in these graphs, in standard deviations of the target for one of the dosage of the variant that
    leads the locus, with their mean and the ends of their 90 % interval (``effect``,
    ``effect_low``, ``effect_high``), which is missing of fewer than 10 graphs.

    Attributes
    ----------
    to : str
        The target.
    source : str or None
        Where paths begin, as it was asked for.
    n_graphs : int
        Graphs that were looked at.
    loci : pandas.DataFrame
        One row a locus, the surest first: locus (its lead variant), chrom, start, end (of its
        variants), n_variants, posterior (that it acts on the target), through (that it does so
        through a molecule), beside (directly), the effect, verdict (``"through"``: through is at
        least 0.9; ``"beside"``: beside is at least 0.9 and through below 0.1; otherwise
        ``"cannot be told"``), credible_set (the fewest molecules that have the one where most of
        the effect begins among them with a probability of 0.95; ``none`` for the target itself).
    molecules : pandas.DataFrame
        One row a locus and molecule on a path: locus, gene_id (missing for what the locus does to
        the target directly), product (whether the locus stands for the gene's product, as a
        positional anchor, rather than acting on its expression), posterior (that the locus acts on
        the target through it), first (that it is the first on a path), the effect through it, share
        of the total effect (share, share_low, share_high; missing where the 90 % interval of the
        total has zero in it or is missing), main (probability, given that the locus acts, that most
        of the effect begins there), in_credible_set.
    paths : pandas.DataFrame
        The likeliest paths: locus, path, n_molecules, posterior (of all its edges at once), effect.
    others : pandas.DataFrame
        What else the variants of these loci do directly: locus, gene_id, posterior, upstream (that
        it also leads to the target), effect on that gene.
    n_more_loci, n_more_paths : int
        Loci that act in one graph or another and are not listed, because of a posterior below 0.05
        or of `source`; and paths of the listed loci that are not.
    counted_all : bool
        Whether paths were counted to the end; there are more otherwise.
    """

    to: str
    source: str | None
    n_graphs: int
    loci: pd.DataFrame
    molecules: pd.DataFrame
    paths: pd.DataFrame
    others: pd.DataFrame
    n_more_loci: int
    n_more_paths: int
    counted_all: bool

    def _rows(self) -> list[tuple[str, str]]:
        """What is shown at a prompt: what was found, in numbers."""
        said = self.loci["verdict"].value_counts()
        verdicts = ", ".join(f"{said.get(word, 0):,} {word}" for word in (THROUGH, BESIDE, UNKNOWN))
        rows = [
            ("to", self.to if self.source is None else f"{self.to}, from {self.source}"),
            ("graphs", f"{self.n_graphs:,}"),
            ("loci", f"{len(self.loci):,}: {verdicts}; {self.n_more_loci:,} not listed"),
            ("paths", f"{len(self.paths):,} listed, {self.said_of_more_paths()}"),
        ]
        for one in self.paths.head(3).itertuples():
            rows.append((f"{one.posterior:.2f}", str(one.path)))
        return [*rows, ("tables", "loci, molecules, paths, others")]

    def said_of_more_paths(self) -> str:
        """How many paths are not listed."""
        least = "" if self.counted_all else "at least "
        return f"{least}{counted(self.n_more_paths, 'other', ',')}"


def upstream_to(result: Findings, to: str) -> Upstream:
    """What lies upstream of a target in each sampled graph.

    Parameters
    ----------
    result : Findings
    to : str
        The target.

    Raises
    ------
    CommandLineError, InputOpenError, InputReadError
        As of `genesis.Result.paths`.
    """
    target = gene_position(result.gene_ids, to)
    return upstream_of(_graphs_of(result, target, to), target, len(result.genes))


def tell_paths(
    result: Findings, to: str, source: str | None, limit: int, found: Upstream | None = None
) -> Paths:
    """Tell through which molecules loci act on a gene; see `genesis.Result.paths`.

    What lies upstream of it may be given as it was found before.
    """
    if found is None:
        found = upstream_to(result, to)
    tables = _graphs_of(result, found.target, to)
    names = Names(result.genes["gene_id"].to_numpy(dtype=object), tables.variants)
    total = found.totals
    weight, n = found.weight[total["graph"].to_numpy()], len(tables.variants)
    acts = np.bincount(total["locus"], weight, minlength=n)
    effect = np.bincount(total["locus"], weight * total["effect"], minlength=n)
    if source is None:
        loci = np.flatnonzero(acts >= LISTED)
    else:
        loci = _loci_from(result, tables, found, source)
    # What is as sure by how much it does.
    ids = names.variants["variant_id"].to_numpy()[loci]
    loci = loci[np.lexsort((ids, -np.abs(effect[loci]).round(9), -acts[loci].round(9)))]
    paths, n_more, is_all = likeliest_paths(found, loci, limit)
    by_locus, molecules = locus_tables(found, loci, names)
    return Paths(
        to=to,
        source=source,
        n_graphs=len(found.weight),
        loci=by_locus,
        molecules=molecules,
        paths=path_table(found, paths, names),
        others=other_effects(tables, found, loci, names),
        n_more_loci=int(np.count_nonzero(acts > 0) - np.count_nonzero(acts[loci] > 0)),
        n_more_paths=n_more,
        counted_all=is_all,
    )


def _graphs_of(result: Findings, target: int, to: str) -> GraphTables:
    """The graphs, where they were kept up to the target."""
    if result.graphs is not None and result.graphs.reaches(target):
        return result.graphs.tables
    if result.run.get("options", {}).get("method") == "rules":
        raise CommandLineError(
            "paths are told from sampled graphs, and method rules samples none: run with "
            "--method calibrated"
        )
    if result.graphs is None and len(result.genes) <= KEPT_GENES:
        raise CommandLineError(
            f"this run kept no graphs, as of GENESIS {result.run.get('genesis', '?')} and earlier: "
            "run again, and paths can be told"
        )
    raise CommandLineError(
        f"no graphs were kept up to {to}: of more than {KEPT_GENES:,} genes a run keeps those up "
        f"to traits and to what is asked for; run again with --paths-to {to} (paths_to in Python)"
    )


def _loci_from(result: Findings, tables: GraphTables, found: Upstream, source: str) -> np.ndarray:
    """Loci of a variant, of the variants that act on a gene, or of a region."""
    variants = tables.variants
    locus = variants["locus"].to_numpy(dtype=np.int64)
    known = result.variables[: len(result.variables) - len(result.genes)]
    gene = int(result.gene_ids.get_indexer(pd.Index([source]))[0])
    if gene >= 0:
        edges = tables.edges
        direct = edges[(edges["variant"] >= 0) & (edges["target"] == gene)]
        stands_for_it = edges[(edges["variant"] >= 0) & (edges["gene"] == gene)]
        inside = np.zeros(len(variants), dtype=np.bool_)
        for table in (direct[direct["gene"] < 0], stands_for_it):
            pairs = table[["variant", "graph"]].drop_duplicates()
            share = np.bincount(
                pairs["variant"], found.weight[pairs["graph"]], minlength=len(variants)
            )
            inside |= share >= LISTED
        return np.unique(locus[inside])
    if source in known:
        return np.unique(locus[(variants["variant_id"] == source).to_numpy()])
    contigs = variants["chrom"].dropna().unique().tolist()
    names = ContigNames(contigs)
    if PATTERN.fullmatch(source) or source in names:
        inside = np.zeros(len(variants), dtype=np.bool_)
        for region in find_contigs(parse_regions(source, contigs), names, "the run"):
            pos = variants["pos"]
            here = (variants["chrom"] == region.chrom) & pos.between(region.start, region.end)
            inside |= here.fillna(False).to_numpy(dtype=np.bool_)
        return np.unique(locus[inside])
    hint = similar_names([*result.gene_ids, *known], source)
    raise CommandLineError(
        f"{source!r} is no variant of the graphs, no gene, and no region as chrom:start-end{hint}"
    )
