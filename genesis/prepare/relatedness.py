"""Samples that are the same or closely related: KING-robust kinship."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as student_t

from genesis.engine.threads import available_threads, map_ordered, one_blas_thread
from genesis.io.ids import counted, first_few
from genesis.io.near_genes import thinned
from genesis.prepare.genotype_table import as_genotypes, calls_of, diploid_autosomal, spread_out
from genesis.showing import Shown

__all__ = ["DEGREES", "Kinship", "kinship", "spread_over_genome"]

#: Kinship from which on two samples are so related (Manichaikul et al.).
DEGREES = {"duplicate": 0.354, "first": 0.177, "second": 0.0884, "third": 0.0442}
#: Variants used, evenly from all; more say no more of a pair of people.
MOST_VARIANTS = 10_000
#: Pieces of the genome, among which the standard error is estimated.
PIECES, LEAST_IN_PIECE = 50, 4
#: Level at which a relation must differ from none, over all pairs together.
LEVEL = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Kinship(Shown):
    """Kinship of samples.

    Attributes
    ----------
    pairs : pandas.DataFrame
        ``sample_a``, ``sample_b``, ``degree`` (duplicate, first, second, third), ``kinship``,
        ``se``: the pairs up to the degree asked for, the closest first.
    samples : pandas.DataFrame
        ``sample``, ``missing`` and ``heterozygous``: shares of the variants used.
    n_variants : int
        Variants used.
    median_se : float
        Median standard error over all pairs; NaN where there is no kinship.
    notes : list of str
        What was found, in sentences.
    """

    pairs: pd.DataFrame
    samples: pd.DataFrame
    n_variants: int
    median_se: float
    notes: list[str]


def kinship(genotypes: Any, *, degree: str = "second", threads: int | None = None) -> Kinship:
    """Find duplicate and closely related samples.

    The estimate needs no allele frequencies and so holds where a sample has several populations.
    Its standard error comes from pieces of the genome; a pair is listed when its kinship reaches
    the degree asked for (0.0884 is the second) and differs from none at a level of 0.05 over all
    pairs together.

    Parameters
    ----------
    genotypes : Genotypes or pandas.DataFrame of dosages
        Of diploid variants on autosomes at most 10,000 are used, evenly spread; of the positions
        that are `thinned` where these are enough, so that it does not matter which others are held.
    degree : {"first", "second", "third"}
        The furthest degree that is listed.
    threads : int, optional
        The outcome is the same for any number.

    Returns
    -------
    Kinship
        Without pairs, and with a note that says so, where there are too few variants, fewer than
        two samples, or no heterozygous call (haploids, inbred lines).

    References
    ----------
    Manichaikul et al. 2010, Bioinformatics 26:2867, equation 11.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> dosages = pd.DataFrame(rng.binomial(2, 0.4, size=(30, 2000)))
    >>> dosages.iloc[4] = dosages.iloc[9]
    >>> kinship(dosages).pairs[["sample_a", "sample_b", "degree"]].to_numpy().tolist()
    [['4', '9', 'duplicate']]
    """
    genotypes = as_genotypes(genotypes)
    position = genotypes.variants["pos"].to_numpy(dtype=np.int64, na_value=0)
    columns = spread_over_genome(np.flatnonzero(diploid_autosomal(genotypes)), position)
    n_pieces = min(PIECES, len(columns) // LEAST_IN_PIECE)
    n = len(genotypes.samples)
    if n < 2 or n_pieces < 2:
        why = "fewer than two samples" if n < 2 else "too few diploid variants on autosomes"
        return _nothing(genotypes.samples, len(columns), why)
    pieces = np.array_split(columns, n_pieces)
    numerator, squares, het_of, called = (np.zeros((n, n)) for _ in range(4))
    with one_blas_thread():
        work = map_ordered(
            lambda piece: _piece(calls_of(genotypes, piece)), pieces, threads or available_threads()
        )
        for mine, het, both in work:
            numerator += mine
            squares += np.square(mine, dtype=np.float64)
            het_of += het
            called += both
    least_het = np.minimum(het_of, het_of.T)
    with np.errstate(invalid="ignore", divide="ignore"):
        phi = 0.5 + numerator / (2 * least_het)
        spread = np.maximum(squares - numerator**2 / n_pieces, 0.0) * n_pieces / (n_pieces - 1)
        se = np.sqrt(spread) / (2 * least_het)
    if not (least_het[np.triu_indices(n, 1)] > 0).any():
        return _nothing(genotypes.samples, len(columns), "no heterozygous calls")
    n_called = np.diag(called)
    samples = pd.DataFrame(
        {
            "sample": pd.Series(genotypes.samples, dtype="str"),
            "missing": 1 - n_called / len(columns),
            "heterozygous": np.diag(het_of) / np.maximum(n_called, 1),
        }
    )
    return _listed(phi, se, samples, len(columns), n_pieces, degree)


def spread_over_genome(
    columns: NDArray[np.int64], position: NDArray[np.int64]
) -> NDArray[np.int64]:
    """At most 10,000 of these variants, evenly spread.

    Of those at `thinned` positions where these are enough, which are held wherever genes are.

    Parameters
    ----------
    columns : (k,) int64
    position : (n_variants,) int64
        Of all variants, 0 where it is not known.
    """
    thin = columns[thinned(position[columns])]
    return spread_out(thin if len(thin) >= MOST_VARIANTS else columns, MOST_VARIANTS)


def _piece(
    calls: NDArray[np.int8],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Of every pair of samples: what the kinship adds up, hets of the first, calls of both.

    The last two are (n, 1) and (1, 1) where no call is missing.
    """
    # Sums of halves stay exact in single precision up to millions of variants.
    het, ref, alt = ((calls == call).astype(np.float32) for call in (1, 0, 2))
    present = (calls >= 0).astype(np.float32)
    # Both hets, less 2 for opposite homozygotes, less half of the hets of either: half of that.
    half = np.vstack([het, ref]).T @ np.vstack([(het - present) / 2, -2 * alt])
    if present.all():
        return (
            half + half.T,
            het.sum(axis=0)[:, None],
            np.full((1, 1), len(calls), dtype=np.float32),
        )
    return half + half.T, het.T @ present, present.T @ present


def _listed(
    phi: NDArray[np.float64],
    se: NDArray[np.float64],
    samples: pd.DataFrame,
    n_variants: int,
    n_pieces: int,
    furthest: str,
) -> Kinship:
    a, b = np.triu_indices(len(phi), 1)
    median_se = float(np.nanmedian(se[a, b]))
    least = float(student_t.isf(LEVEL / len(a), n_pieces - 1))
    # Among many pairs the largest estimates would be those whose error looks small by chance.
    beyond_chance = phi[a, b] > least * np.maximum(se[a, b], median_se)
    found = (phi[a, b] >= DEGREES[furthest]) & beyond_chance
    a, b = a[found], b[found]
    order = np.lexsort((b, a, -phi[a, b]))
    a, b = a[order], b[order]
    degree = np.select(
        [phi[a, b] >= least_phi for least_phi in DEGREES.values()], list(DEGREES), furthest
    )
    names = samples["sample"].to_numpy(dtype=object)
    pairs = _pair_table(names[a], names[b], degree, phi[a, b], se[a, b])
    notes = []
    for name in DEGREES:
        mine = pairs[pairs["degree"] == name]
        if len(mine):
            shown = [f"{one} and {two}" for one, two in
                     zip(mine["sample_a"], mine["sample_b"], strict=True)]  # fmt: skip
            what = "duplicate samples" if name == "duplicate" else f"related in the {name} degree"
            notes.append(
                f"Kinship: {counted(len(mine), 'pair')} {what}: {first_few(shown)}; kept, "
                "consider leaving one of each pair out."
            )
    if not len(pairs):
        notes.append(
            f"Kinship: no duplicate or closely related samples by {counted(n_variants, 'variant')}."
        )
    if least * median_se > DEGREES[furthest]:
        notes.append(
            f"Kinship: with a standard error of {median_se:.3f}, relations below a kinship of "
            f"{least * median_se:.2f} cannot be told from none."
        )
    return Kinship(pairs, samples, n_variants, median_se, notes)


def _nothing(samples: list[str], n_variants: int, why: str) -> Kinship:
    nan = np.full(len(samples), np.nan)
    table = pd.DataFrame({"sample": pd.Series(samples, dtype="str"), "missing": nan,
                          "heterozygous": nan})  # fmt: skip
    note = f"Kinship: not computed ({why})."
    return Kinship(_pair_table([], [], [], [], []), table, n_variants, float("nan"), [note])


def _pair_table(a: Any, b: Any, degree: Any, phi: Any, se: Any) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sample_a": pd.Series(list(a), dtype="str"),
            "sample_b": pd.Series(list(b), dtype="str"),
            "degree": pd.Series(np.asarray(degree).tolist(), dtype="str"),
            "kinship": np.asarray(phi, dtype=np.float64),
            "se": np.asarray(se, dtype=np.float64),
        }
    )
