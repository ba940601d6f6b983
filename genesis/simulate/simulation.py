"""Simulated data with the network that they were drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genesis.graphs.reachability import transitive_closure
from genesis.showing import Shown

__all__ = ["Simulation", "anchor_table", "closure", "edge_table", "numbered"]


@dataclass(frozen=True, eq=False, repr=False)
class Simulation(Shown):
    """Genotypes and expression of the same samples, and the truth behind them.

    Attributes
    ----------
    genotypes : pandas.DataFrame, shape (n_samples, n_variants)
        Dosages 0, 1, 2, or values of continuous variables of the first tier.
    expression : pandas.DataFrame of float64, shape (n_samples, n_genes)
        The order of the columns says nothing about the causal order.
    variants : pandas.DataFrame or None
        One row a column of `genotypes`: ``variant_id``, ``chrom``, ``pos`` (int64, 1-based),
        ``ref``, ``alt``. None where the variables are no variants.
    genes : pandas.DataFrame or None
        One row a column of `expression`: ``gene_id``, ``chrom``, ``start``, ``end`` (int64,
        1-based, both included). None where genes have no positions. With `layers` or `traits`
        also ``layer``, and one row a node of all of them: a molecule of another layer has the id
        ``ID@layer``, and traits (``trait``) have no place.
    truth : pandas.DataFrame
        One row a direct edge: ``parent``, ``child``, ``weight`` (change of the child for a
        change of one of the parent, on the scale of the expression before measurement noise).
    anchors : pandas.DataFrame
        One row a variable of `genotypes` and a gene that it acts on directly: ``gene_id``,
        ``variant_id``, ``weight`` (change of the gene for a change of one of the variable).
    parameters : dict of str to object
        The design, every argument in effect, and the seed.
    unmeasured : pandas.DataFrame, optional
        Genes of the network that the expression lacks, as in `genes`; None where there are none.
        `truth` and `anchors` are then those of what is left: an effect that passes through
        such genes alone is direct.
    layers : dict of str to pandas.DataFrame of float64, shape (n_samples, n_molecules), optional
        Molecular layers beside expression, by name; columns are the ids without ``@layer``.
    traits : pandas.DataFrame of float64, shape (n_samples, n_traits), optional
        Traits; of a binary one 0 and 1.
    routes : pandas.DataFrame, optional
        How each trait and the molecules of its loci belong together, one row a pair: ``trait``,
        ``molecule``, ``kind`` (see `genesis.simulate.layers`), ``variant_id`` (the variant of the
        locus: it acts on the molecule, by way of its transcript for a protein without one).

    Examples
    --------
    >>> from genesis.simulate import two_tier
    >>> simulation = two_tier(n=200, d_z=8, d_x=5, seed=3)
    >>> simulation.genotypes.shape, simulation.expression.shape
    ((200, 8), (200, 5))
    """

    genotypes: pd.DataFrame
    expression: pd.DataFrame
    variants: pd.DataFrame | None
    genes: pd.DataFrame | None
    truth: pd.DataFrame
    anchors: pd.DataFrame
    parameters: dict[str, Any]
    unmeasured: pd.DataFrame | None = None
    layers: dict[str, pd.DataFrame] | None = None
    traits: pd.DataFrame | None = None
    routes: pd.DataFrame | None = None

    @property
    def nodes(self) -> pd.Index:
        """Ids of all nodes of the network: of genes, then of other layers, then of traits.

        Examples
        --------
        >>> from genesis.simulate import two_tier
        >>> two_tier(n=50, d_x=3).nodes.tolist()
        ['G1', 'G2', 'G3']
        """
        if self.genes is None or "layer" not in self.genes:
            return self.expression.columns
        return pd.Index(self.genes["gene_id"])

    def places(self, layer: str = "expression") -> pd.DataFrame | None:
        """Positions of the molecules of a layer, by the ids that its table has.

        Parameters
        ----------
        layer : str
            ``expression``, or a name in `layers`.

        Returns
        -------
        pandas.DataFrame or None
            ``gene_id``, ``chrom``, ``start``, ``end`` (int64, 1-based, both included); None where
            genes have no positions.

        Examples
        --------
        >>> from genesis.simulate import layers
        >>> simulation = layers(50, n_genes=20, n_proteins=3, n_traits=1, seed=1)
        >>> simulation.places("protein")[["gene_id", "chrom"]].to_numpy().tolist()
        [['G05', 'chr1'], ['G09', 'chr2'], ['G12', 'chr3']]
        """
        if self.genes is None or "layer" not in self.genes:
            return self.genes
        here = self.genes[self.genes["layer"] == layer].drop(columns="layer")
        here["gene_id"] = here["gene_id"].str.removesuffix(f"@{layer}")
        return here.astype({"start": np.int64, "end": np.int64}).reset_index(drop=True)

    @cached_property
    def ancestors(self) -> pd.DataFrame:
        """All pairs ``ancestor``, ``descendant``: the transitive closure of the direct edges."""
        ids = self.nodes
        first, second = np.nonzero(self.ancestry().to_numpy())
        return pd.DataFrame({"ancestor": ids[first], "descendant": ids[second]})

    def adjacency(self) -> pd.DataFrame:
        """Direct edges as a matrix.

        Returns
        -------
        pandas.DataFrame of bool, shape (n_nodes, n_nodes)
            Row parent, column child, in the order of `nodes`: that of the expression, where
            there are no other layers.

        Examples
        --------
        >>> from genesis.simulate import two_tier
        >>> int(two_tier(n=50, d_x=4, sparsity=0).adjacency().to_numpy().sum())
        6
        """
        matrix = np.zeros((len(self.nodes),) * 2, dtype=np.bool_)
        matrix[self._places("parent"), self._places("child")] = True
        return self._matrix(matrix, "parent", "child")

    def ancestry(self) -> pd.DataFrame:
        """Ancestral relations as a matrix.

        Returns
        -------
        pandas.DataFrame of bool, shape (n_nodes, n_nodes)
            Row ancestor, column descendant, in the order of `nodes`.

        Raises
        ------
        ValueError
            The edges of `truth` form a cycle.

        Examples
        --------
        >>> from genesis.simulate import two_tier
        >>> simulation = two_tier(n=50, d_x=4, seed=1)
        >>> bool((simulation.ancestry() >= simulation.adjacency()).all(axis=None))
        True
        """
        matrix = closure(self._places("parent"), self._places("child"), len(self.nodes))
        return self._matrix(matrix, "ancestor", "descendant")

    def write(self, folder: str | Path, *, force: bool = False) -> list[Path]:
        """Write the data as files that ``genesis run`` reads, and the truth beside them.

        =====================  ==============================================================
        ``genotypes.vcf.gz``   dosages as unphased calls, compressed as bgzip does
        ``expression.tsv.gz``  genes × samples, numbers to the last bit
        ``protein.tsv``        molecules × samples of each layer beside expression, by its name
        ``traits.tsv``         samples × traits
        ``genes.bed``          positions, where the genes have any; those of proteins too, which
                               have the ids of their genes
        ``truth.tsv``          direct edges: parent, child, weight
        ``ancestors.tsv``      their transitive closure: ancestor, descendant
        ``anchors.tsv``        gene_id, variant_id, weight
        ``routes.tsv``         trait, molecule, kind, variant_id
        ``simulation.json``    design, arguments, seed, counts, versions, and the genes that were
                               not measured; written last
        =====================  ==============================================================

        The same simulation gives the same bytes.

        Parameters
        ----------
        folder : str or Path
            Where to write; made where it does not exist.
        force : bool
            Files of these names that exist are replaced.

        Returns
        -------
        list of Path
            The files, in the order above.

        Raises
        ------
        CommandLineError
            The genotypes are continuous, which a VCF cannot hold.
        OutputWriteError
            A file exists and `force` is false, or the disk cannot take it.

        Examples
        --------
        >>> import tempfile
        >>> from genesis.simulate import two_tier
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     files = two_tier(n=50, genotypes="binomial").write(folder)
        >>> files[0].name, files[-1].name
        ('genotypes.vcf.gz', 'simulation.json')
        """
        from genesis.simulate.simulation_files import write_simulation

        return write_simulation(self, folder, force=force)

    def _places(self, column: str) -> NDArray[np.int64]:
        """Places among the nodes of those of a column of `truth`."""
        return np.asarray(self.nodes.get_indexer(self.truth[column]), dtype=np.int64)

    def _matrix(self, matrix: NDArray[np.bool_], row: str, column: str) -> pd.DataFrame:
        ids = self.nodes
        return pd.DataFrame(matrix, index=ids.rename(row), columns=ids.rename(column))


def closure(
    parents: NDArray[np.int64], children: NDArray[np.int64], n_genes: int
) -> NDArray[np.bool_]:
    """Transitive closure of the edges of an acyclic graph.

    Parameters
    ----------
    parents, children : numpy.ndarray of int64, shape (n_edges,)
        Both ends of every edge.
    n_genes : int
        Number of genes.

    Returns
    -------
    numpy.ndarray of bool, shape (n_genes, n_genes)
        Row ancestor, column descendant.

    Raises
    ------
    ValueError
        The edges form a cycle.

    Examples
    --------
    >>> closure(np.array([0, 1]), np.array([1, 2]), 3).astype(int)
    array([[0, 1, 1],
           [0, 0, 1],
           [0, 0, 0]])
    """
    above: dict[int, list[int]] = {gene: [] for gene in range(n_genes)}
    for parent, child in zip(parents.tolist(), children.tolist(), strict=True):
        above[child].append(parent)
    try:
        TopologicalSorter(above).prepare()
    except CycleError as error:
        raise ValueError(f"the edges form a cycle through genes {error.args[1]}") from None
    edges = np.zeros((n_genes, n_genes), dtype=np.bool_)
    edges[parents, children] = True
    return transitive_closure(edges)


def edge_table(
    gene_ids: Sequence[str],
    parents: Sequence[NDArray[np.int64]],
    weights: Sequence[NDArray[np.float64]],
) -> pd.DataFrame:
    """Direct edges as a table, by parent and then by child.

    Parameters
    ----------
    gene_ids : sequence of str
        Names, in the order of the columns.
    parents, weights : sequence of numpy.ndarray
        For each gene the columns of its parents, and the weights of these edges.

    Returns
    -------
    pandas.DataFrame
        ``parent``, ``child``, ``weight``.

    Examples
    --------
    >>> edge_table(["a", "b"], [np.array([], int), np.array([0])], [np.array([]), np.array([2.0])])
      parent child  weight
    0      a     b     2.0
    """
    child = np.repeat(np.arange(len(parents)), [len(above) for above in parents])
    parent = np.concatenate([np.empty(0, np.int64), *parents])
    order = np.lexsort((child, parent))
    ids = np.asarray(gene_ids, dtype=object)
    return pd.DataFrame(
        {
            "parent": pd.Series(ids[parent[order]], dtype="str"),
            "child": pd.Series(ids[child[order]], dtype="str"),
            "weight": np.concatenate([np.empty(0), *weights])[order],
        }
    )


def anchor_table(
    gene_ids: Sequence[str],
    variant_ids: Sequence[str],
    genes: NDArray[np.int64],
    variants: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> pd.DataFrame:
    """Variables that act on genes as a table, by gene and then by variable.

    Parameters
    ----------
    gene_ids, variant_ids : sequence of str
        Names, in the order of the columns of expression and genotypes.
    genes, variants, weights : numpy.ndarray, shape (n_anchors,)
        Columns of both ends of every effect, and its size.

    Returns
    -------
    pandas.DataFrame
        ``gene_id``, ``variant_id``, ``weight``.

    Examples
    --------
    >>> one = np.array([0])
    >>> anchor_table(["g"], ["rs1"], one, one, np.array([0.5]))
      gene_id variant_id  weight
    0       g        rs1     0.5
    """
    order = np.lexsort((variants, genes))
    return pd.DataFrame(
        {
            "gene_id": pd.Series(np.asarray(gene_ids, dtype=object)[genes[order]], dtype="str"),
            "variant_id": pd.Series(
                np.asarray(variant_ids, dtype=object)[variants[order]], dtype="str"
            ),
            "weight": np.asarray(weights, dtype=np.float64)[order],
        }
    )


def numbered(prefix: str, count: int) -> list[str]:
    """Names that sort as their numbers do.

    Examples
    --------
    >>> numbered("G", 10)[-2:]
    ['G09', 'G10']
    """
    width = len(str(count))
    return [f"{prefix}{number:0{width}d}" for number in range(1, count + 1)]
