"""The pairs of an ancestrality matrix that something is known of, one row each, with reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from genesis.findings.sparse_columns import Column

__all__ = ["CALIBRATED_COLUMNS", "RELATION_NAMES", "RESTS_ON", "RULE_NAMES", "Relations"]

#: What `Relations.relation` holds, by position.
RELATION_NAMES = ("ancestor", "nondescendant", "unrelated", "unresolved")
#: What `Relations.rule` holds, by position.
RULE_NAMES = ("R1", "R2", "R3", "closure", "calibrated", "order of layers")
#: What `Relations.rests_on` holds, by position.
RESTS_ON = ("own anchor", "anchors elsewhere", "expression alone")

#: Columns that only method `calibrated` fills.
CALIBRATED_COLUMNS = (
    "posterior",
    "posterior_reverse",
    "posterior_uncalibrated",
    "posterior_chain",
    "posterior_instrument",
    "posterior_direct",
    "posterior_direct_reverse",
    "effect",
    "effect_reverse",
    "correlation",
)

_LOG10 = np.log(10.0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Relations:
    """Columns over the filled pairs; all arrays have the same length.

    Method `calibrated` adds what is unresolved and has a posterior above a floor.

    Rows are ordered by relation (ancestors first), then gene_a, then gene_b. Claims by closure
    can be tens of millions and have neither test nor witness: columns of these may be given as
    `Sparse`. They are arrays whenever they are read, made anew each time.

    Attributes
    ----------
    gene_a, gene_b : int32
        Positions in the result's gene table. For `ancestor` a ≺ b, for `nondescendant`
        a ⪯ b (b is not an ancestor of a), for `unrelated` a comes before b in the gene table,
        for `unresolved` the posterior is that of a ≺ b, and b ≺ a may have a row of its own.
    relation : int8
        Position in `RELATION_NAMES`.
    direct : int8
        1 direct, 0 indirect, -1 undetermined or not an ancestral claim.
    follows : int8
        1 where the ancestral claim follows from the direct edges, 0 where it does not,
        -1 for other relations.
    rule : int8
        Position in `RULE_NAMES`.
    sweep : int16
        The sweep that filled the pair, from 1; the final pass counts as one more. 0 for
        `calibrated`.
    rests_on : int8
        Position in `RESTS_ON` for ancestor claims and what comes near one, -1 for other rows.
    n_witnesses : int32
        Witnesses that voted for the claim (R1, R2), anchors of gene_a (calibrated ancestor
        claims), else 0.
    n_conditioning : int32
        Size of the guarded set of the pair, -1 where there is none.
    witness : int32
        Position in the result's `variables` table of the strongest witness, or (calibrated) of the
        variant that likeliest acts on gene_a, which it may do in few graphs; -1 where none.
    log_p : float64
        Natural log of the p-value of gene_a ⊥ gene_b given the guarded set (NaN for closure).
    log_p_without, log_p_with : float64
        Natural logs of the p-values of the strongest witness against the gene it was tested
        on, without and with the other gene in the conditioning set (NaN where no witness).
    log_p_direct : float64
        Natural log of the p-value of the direct test (NaN where there was none).
    posterior, posterior_reverse : float32
        Posteriors of a ≺ b and b ≺ a (NaN for the rules, as are those below).
    posterior_uncalibrated : float32
        What `posterior` was before the self-test; a direction that is ruled out has it in both.
    posterior_chain, posterior_instrument : float32
        The parts of `posterior` in which gene_a and gene_b share no hidden factor, and in which
        they do, so that the anchors of gene_a alone tell cause from confounding.
    posterior_direct, posterior_direct_reverse : float32
        Posteriors of an edge from gene_a to gene_b, and of one from gene_b to gene_a.
    effect, effect_reverse : float32
        Posterior means of the total effects of gene_a on gene_b and of gene_b on gene_a, in
        standard deviations of the latter for one of the former.
    correlation : float32
        Of the two genes given the covariates; NaN for rows that are neither an ancestor claim
        nor have a posterior above the floor.
    """

    gene_a: np.ndarray
    gene_b: np.ndarray
    relation: np.ndarray
    direct: np.ndarray
    follows: np.ndarray
    rule: np.ndarray
    sweep: np.ndarray
    rests_on: Column = Column()  # noqa: RUF009
    n_witnesses: Column = Column()  # noqa: RUF009
    n_conditioning: Column = Column()  # noqa: RUF009
    witness: Column = Column()  # noqa: RUF009
    log_p: Column = Column()  # noqa: RUF009
    log_p_without: Column = Column()  # noqa: RUF009
    log_p_with: Column = Column()  # noqa: RUF009
    log_p_direct: Column = Column()  # noqa: RUF009
    posterior: np.ndarray
    posterior_reverse: np.ndarray
    posterior_uncalibrated: np.ndarray
    posterior_chain: np.ndarray
    posterior_instrument: np.ndarray
    posterior_direct: np.ndarray
    posterior_direct_reverse: np.ndarray
    effect: Column = Column()  # noqa: RUF009
    effect_reverse: Column = Column()  # noqa: RUF009
    correlation: Column = Column()  # noqa: RUF009

    def __len__(self) -> int:
        return len(self.gene_a)

    def rows(self, which: slice | np.ndarray) -> Relations:
        """The same columns over some of the rows."""
        return Relations(**{name: column[which] for name, column in vars(self).items()})

    def strongest(self, n: int) -> np.ndarray:
        """Rows of at most n ancestor claims, the strongest first.

        Those of method `calibrated` by posterior, then by the size of the correlation; those of
        the rules by the p-value of the pair, claims by closure, which have none, last.
        """
        stop = int(np.searchsorted(self.relation, RELATION_NAMES.index("ancestor"), side="right"))
        claims = self.rows(slice(stop))
        keys = [claims.log_p, claims.correlation, claims.posterior]
        is_known = np.zeros(stop, dtype=np.bool_)
        for key in keys:
            is_known |= ~np.isnan(key)
        known = np.flatnonzero(is_known)
        log_p, correlation, posterior = (key[known] for key in keys)
        keys.clear()  # of tens of millions of claims they take hundreds of megabytes
        ranked = known[np.lexsort((log_p, -np.abs(correlation), -posterior))][:n]
        return np.concatenate([ranked, np.flatnonzero(~is_known)[: n - len(ranked)]])

    def frame(self, gene_ids: pd.Index, variable_ids: pd.Index) -> pd.DataFrame:
        """The rows as a table for people: names instead of positions, p instead of log p.

        Parameters
        ----------
        gene_ids : pandas.Index
            Gene names, in the order that `gene_a` and `gene_b` count in.
        variable_ids : pandas.Index
            Names of variants and genes, in the order that `witness` counts in.
        """
        gene_type = pd.CategoricalDtype(gene_ids)
        names = variable_ids.to_numpy(dtype=object)
        has_witness = self.witness >= 0
        witness = np.full(len(self), pd.NA, dtype=object)
        witness[has_witness] = names[self.witness[has_witness]]
        return pd.DataFrame(
            {
                "gene_a": pd.Categorical.from_codes(self.gene_a, dtype=gene_type),
                "gene_b": pd.Categorical.from_codes(self.gene_b, dtype=gene_type),
                "relation": pd.Categorical.from_codes(self.relation, list(RELATION_NAMES)),
                "direct": _nullable_bool(self.direct),
                "follows": _nullable_bool(self.follows),
                "rule": pd.Categorical.from_codes(self.rule, list(RULE_NAMES)),
                "rests_on": pd.Categorical.from_codes(self.rests_on, list(RESTS_ON)),
                "sweep": self.sweep,
                "n_witnesses": self.n_witnesses,
                "n_conditioning": pd.arrays.IntegerArray(
                    self.n_conditioning, self.n_conditioning < 0
                ),
                "witness": pd.array(witness, dtype="string"),
                "p_value": np.exp(self.log_p),
                "log10_p": self.log_p / _LOG10,
                "p_without": np.exp(self.log_p_without),
                "p_with": np.exp(self.log_p_with),
                "p_direct": np.exp(self.log_p_direct),
                **{name: getattr(self, name) for name in CALIBRATED_COLUMNS},
            }
        )

    def chunks(self, n_rows: int = 1_000_000) -> Iterator[Relations]:
        """The rows in consecutive pieces; at least one piece, even where it is empty."""
        for start in range(0, max(len(self), 1), n_rows):
            yield self.rows(slice(start, start + n_rows))


def _nullable_bool(values: np.ndarray) -> pd.arrays.BooleanArray:
    return pd.arrays.BooleanArray(values == 1, values < 0)
