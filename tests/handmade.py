"""Results made by hand or at random, without running any method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from genesis.findings.relations import CALIBRATED_COLUMNS, Relations
from genesis.io.exclusions import combine, exclusions
from genesis.result.result import Result

ANCESTOR, NONDESCENDANT, UNRELATED = 0, 1, 2
R1, R2, R3, CLOSURE = 0, 1, 2, 3


def relations(rows: Sequence[dict[str, float]]) -> Relations:
    """Rows of relations in their order; what a row leaves out is missing."""
    defaults = {
        "gene_a": (0, np.int32),
        "gene_b": (0, np.int32),
        "relation": (ANCESTOR, np.int8),
        "direct": (-1, np.int8),
        "follows": (-1, np.int8),
        "rule": (R1, np.int8),
        "rests_on": (-1, np.int8),
        "sweep": (1, np.int16),
        "n_witnesses": (0, np.int32),
        "n_conditioning": (-1, np.int32),
        "witness": (-1, np.int32),
        "log_p": (np.nan, np.float64),
        "log_p_without": (np.nan, np.float64),
        "log_p_with": (np.nan, np.float64),
        "log_p_direct": (np.nan, np.float64),
        **dict.fromkeys(CALIBRATED_COLUMNS, (np.nan, np.float32)),
    }
    ordered = sorted(rows, key=lambda row: (row["relation"], row["gene_a"], row["gene_b"]))
    return Relations(
        **{
            name: np.array([row.get(name, default) for row in ordered], dtype=dtype)
            for name, (default, dtype) in defaults.items()
        }
    )


def result_of(
    rows: Sequence[dict[str, float]],
    gene_ids: Sequence[str],
    variant_ids: Sequence[str] = (),
    *,
    conditioning: Sequence[tuple[int, int, int]] = (),
    ordered_since: Sequence[tuple[int, int, int]] = (),
) -> Result:
    """A result with these relations; tuples are rows of the two tables."""
    n = len(gene_ids)
    at = np.array(conditioning, dtype=np.int32).reshape(-1, 3)
    since = np.array(ordered_since, dtype=np.int32).reshape(-1, 3)
    used = list(variant_ids)[: max(n, 1)]
    return Result(
        genes=pd.DataFrame(
            {
                "gene_id": pd.Series(list(gene_ids), dtype="str"),
                "chrom": pd.Series(["chr1"] * n, dtype="string").where(np.arange(n) != 1),
                "start": pd.array(np.arange(n) * 1000 + 1, dtype="Int64"),
                "end": pd.array([pd.NA if k == 1 else k * 1000 + 500 for k in range(n)], "Int64"),
            }
        ),
        anchors=pd.DataFrame(
            {
                "gene_id": pd.Series(list(gene_ids)[: len(used)], dtype="str"),
                "variant_id": pd.Series(used[:n], dtype="str"),
                "chrom": pd.array(["chr1"] * len(used[:n]), dtype="string"),
                "pos": np.arange(len(used[:n]), dtype=np.int64) + 10,
                "slope": np.linspace(-1 / 3, 1, len(used[:n])),
                "pval_nominal": np.geomspace(1e-200, 0.1, max(len(used[:n]), 1))[: len(used[:n])],
                "nearest": np.arange(len(used[:n])) % 2 == 0,
                "posterior": np.full(len(used[:n]), np.nan),
            }
        ),
        excluded=combine(
            [
                exclusions("variant", ["=rs1", "rs2"], "low_maf", "0.01 < 0.05"),
                exclusions("gene", ["FLAT"], "constant"),
            ]
        ),
        pairs=relations(rows),
        variables=pd.Index([*variant_ids, *gene_ids], dtype=object),
        conditioning=pd.DataFrame(
            {"sweep": at[:, 0].astype(np.int16), "gene": at[:, 1], "member": at[:, 2]}
        ),
        ordered_since=pd.DataFrame(
            {"before": since[:, 0], "after": since[:, 1], "sweep": since[:, 2].astype(np.int16)}
        ),
        run={
            "genesis": "0.1.0",
            "options": {"method": "rules", "profile": "stable", "alpha": 0.05},
            "counts": {"genes": n},
            "seconds": {"search": 0.1 + 0.2},
            "notes": [],
        },
    )


def asymmetric_result() -> Result:
    """A ≺ B (direct, R1), A ≺ C (closure, indirect), B ⪯ C (R2), C ~ D, A–D and B–D open."""
    rows = [
        {
            "gene_a": 0, "gene_b": 1, "relation": ANCESTOR, "direct": 1, "follows": 1, "rule": R1,
            "n_witnesses": 2, "n_conditioning": 2, "witness": 0, "log_p": -900.0,
            "log_p_without": -30.5, "log_p_with": -0.25, "log_p_direct": -12.0,
        },
        {
            "gene_a": 0, "gene_b": 2, "relation": ANCESTOR, "direct": 0, "follows": 1,
            "rule": CLOSURE, "sweep": 2, "log_p_direct": -0.5,
        },
        {
            "gene_a": 1, "gene_b": 2, "relation": NONDESCENDANT, "rule": R2, "sweep": 2,
            "n_witnesses": 1, "n_conditioning": 1, "witness": 1, "log_p": -7.0,
            "log_p_without": -0.125, "log_p_with": -5.0,
        },
        {
            "gene_a": 2, "gene_b": 3, "relation": UNRELATED, "rule": R3, "sweep": 2,
            "n_conditioning": 3, "log_p": np.log(0.4321987),
        },
    ]  # fmt: skip
    return result_of(
        rows,
        ["A", "B", "C", "D"],
        ["rs1", "rs2"],
        # Sweep 2: C has rs1, A and B; D has rs2 and A. A precedes C and D since sweep 1, B only C.
        conditioning=[(1, 2, 0), (2, 2, 0), (2, 2, 2), (2, 2, 3), (2, 3, 1), (2, 3, 2)],
        ordered_since=[(0, 1, 1), (0, 2, 1), (0, 3, 1), (1, 2, 1), (1, 3, 2)],
    )


def signed_result() -> Result:
    """A ⊣ B → C with A indirect on C, C → D of a low posterior, E alone; of method calibrated."""
    certain = {"rule": 4, "sweep": 0, "follows": 1, "posterior_reverse": 0.0}
    rows = [
        {"gene_a": 0, "gene_b": 1, "relation": 0, "direct": 1, "posterior": 0.99,
         "posterior_direct": 0.95, "effect": -0.5, **certain},
        {"gene_a": 0, "gene_b": 2, "relation": 0, "direct": 0, "posterior": 0.98,
         "posterior_direct": 0.01, "effect": -0.25, **certain},
        {"gene_a": 1, "gene_b": 2, "relation": 0, "direct": 1, "posterior": 0.98,
         "posterior_direct": 0.9, "effect": 0.5, **certain},
        {"gene_a": 2, "gene_b": 3, "relation": 0, "direct": 1, "posterior": 0.97,
         "posterior_direct": 0.6, "effect": 0.125, **certain},
        {"gene_a": 4, "gene_b": 0, "relation": 1, "direct": -1, "posterior": 0.3,
         "posterior_direct": 0.2, "effect": 0.1, **certain},
    ]  # fmt: skip
    return result_of(rows, list("ABCDE"), ["rs1", "rs2"])


def random_result(rng: np.random.Generator, n_genes: int, n_variants: int) -> Result:
    """Relations that agree with a random order of the genes, and random sets."""
    rank = rng.permutation(n_genes)
    gene_a, gene_b = np.triu_indices(n_genes, 1)
    relation = rng.choice(
        [ANCESTOR, NONDESCENDANT, UNRELATED, 3], len(gene_a), p=[0.1, 0.2, 0.5, 0.2]
    )
    rows = []
    for a, b, r in zip(gene_a.tolist(), gene_b.tolist(), relation.tolist(), strict=True):
        if r == 3:
            continue
        if r != UNRELATED and rank[a] > rank[b]:
            a, b = b, a
        claim = r != UNRELATED
        rows.append(
            {
                "gene_a": a,
                "gene_b": b,
                "relation": r,
                "direct": int(rng.integers(-1, 2)) if r == ANCESTOR else -1,
                "follows": int(rng.integers(0, 2)) if r == ANCESTOR else -1,
                "rule": int(rng.integers(0, 2)) if claim else R3,
                "sweep": int(rng.integers(1, 4)),
                "n_witnesses": int(rng.integers(1, 9)) if claim else 0,
                "n_conditioning": int(rng.integers(0, 9)),
                "witness": int(rng.integers(n_variants + n_genes)) if claim else -1,
                "log_p": -float(rng.exponential(2000 if claim else 1)),
                "log_p_without": -float(rng.exponential()) if claim else np.nan,
                "log_p_with": -float(rng.exponential()) if claim else np.nan,
            }
        )
    members = {
        (sweep, gene, member)
        for sweep in range(1, 4)
        for gene in range(n_genes)
        for member in rng.integers(0, n_variants + n_genes, 4).tolist()
        if member != n_variants + gene
    }
    since = [
        (before, after, int(rng.integers(1, 4)))
        for before in range(n_genes)
        for after in range(n_genes)
        if rank[before] < rank[after] and rng.random() < 0.7
    ]
    return result_of(
        rows,
        [f"G{k:03d}" for k in range(n_genes)],
        [f"rs{k}" for k in range(n_variants)],
        conditioning=sorted(members),
        ordered_since=since,
    )
