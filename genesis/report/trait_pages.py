"""What acts on each trait, and by which ways, for the page of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.errors import CommandLineError, InputOpenError, InputReadError
from genesis.findings.relations import RELATION_NAMES
from genesis.inputs.layer_order import TRAIT
from genesis.io.ids import counted
from genesis.paths.path_tables import BESIDE, THROUGH, UNKNOWN, total_effects
from genesis.paths.tell import Paths, tell_paths, upstream_to
from genesis.report.gene_story import probability
from genesis.report.style import with_minus

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["MOST_PAGES", "genes_of_pages", "trait_pages", "trait_rows"]

#: Traits with a page, and others that are named.
MOST_PAGES, _MOST_NAMES = 20, 100
#: Rows of a page: claims and those that may be, loci, paths, and what else variants do.
_CLAIMS, _POSSIBLE, _LOCI, _PATHS, _OTHERS = 20, 5, 15, 10, 15
#: Posterior from which on what is not claimed is named.
_MAY_ACT = 0.5
_ANCESTOR, _UNRESOLVED = (RELATION_NAMES.index(name) for name in ("ancestor", "unresolved"))


def trait_pages(result: Findings) -> dict[str, Any] | None:
    """A page a trait, and a page each gene that the run was asked for paths to.

    Parameters
    ----------
    result : Findings

    Returns
    -------
    dict, optional
        pages (of the `MOST_PAGES` traits with the surest ancestors), more (names of others), n_more
        and kind ("trait" or "target"); None where there is no trait. A page has name, gene,
        ancestors, n_ancestors, possible, and of the sampled graphs loci (rows), verdicts (counts by
        verdict), n_loci, paths, n_more_paths, others, n_others, n_graphs; or reason, why nothing
        is known of these.
    """
    targets = _targets(result)
    if not len(targets):
        return None
    part = _on(result, targets)
    order = _surest_first(part, targets)
    more = [str(result.gene_ids[gene]) for gene in order[MOST_PAGES:]]
    is_trait = np.isin(order, _traits(result)).all()
    return {
        "pages": [_page(part, gene) for gene in order[:MOST_PAGES].tolist()],
        "more": more[:_MOST_NAMES],
        "n_more": len(more),
        "kind": "trait" if is_trait else "target",
    }


def genes_of_pages(pages: dict[str, Any] | None) -> np.ndarray:
    """Positions of the genes that pages lead to, (k,) int32."""
    found = [one["gene"] for page in (pages or {"pages": []})["pages"] for one in page["ancestors"]]
    return np.array(found, dtype=np.int32)


def _traits(result: Findings) -> np.ndarray:
    """Positions of the traits."""
    if "layer" not in result.genes:
        return np.empty(0, dtype=np.int64)
    return np.flatnonzero((result.genes["layer"] == TRAIT).to_numpy())


def _targets(result: Findings) -> np.ndarray:
    """Positions of the traits, then of the genes whose paths were asked for."""
    asked = str(result.run.get("options", {}).get("paths_to") or "").split(",")
    genes = result.gene_ids.get_indexer(pd.Index([name.strip() for name in asked]))
    every = dict.fromkeys([*_traits(result).tolist(), *genes[genes >= 0].tolist()])
    return np.array(list(every), dtype=np.int64)


def _on(result: Findings, targets: np.ndarray) -> Findings:
    """The result with only those pairs that say what comes before these: of many, few rows."""
    return replace(result, pairs=result.pairs.rows(np.isin(result.pairs.gene_b, targets)))


def _surest_first(result: Findings, targets: np.ndarray) -> np.ndarray:
    """The targets by their surest ancestor, then by how many there are."""
    pairs = result.pairs
    rows = np.flatnonzero((pairs.relation == _ANCESTOR) | (pairs.relation == _UNRESOLVED))
    best, number = np.zeros((2, len(result.genes)))
    np.maximum.at(best, pairs.gene_b[rows], np.nan_to_num(pairs.posterior[rows]))
    np.add.at(number, pairs.gene_b[rows], pairs.relation[rows] == _ANCESTOR)
    return targets[np.lexsort((targets, -number[targets], -best[targets].round(3)))]


def trait_rows(result: Findings, most: int) -> tuple[list[dict[str, Any]], int]:
    """Traits with the surest of what is claimed to act on each, without reading graphs.

    Parameters
    ----------
    result : Findings
    most : int
        Rows at the most, those of the surest claims.

    Returns
    -------
    rows : list of dict
        name, n_ancestors, and of the surest one its name (surest), posterior and effect; None where
        there is none, NaN of method rules.
    n : int
        How many traits there are.
    """
    traits = _traits(result)
    result = _on(result, traits)
    rows = []
    for target in _surest_first(result, traits)[:most].tolist():
        claims, _ = _about(result, target)
        row: dict[str, Any] = {"name": str(result.gene_ids[target]), "n_ancestors": len(claims)}
        row |= dict.fromkeys(("surest", "posterior", "effect"))
        if len(claims):
            first = claims[0]
            row["surest"] = str(result.gene_ids[result.pairs.gene_a[first]])
            row["posterior"] = float(result.pairs.posterior[first])
            row["effect"] = float(np.asarray(result.pairs.effect)[first])
        rows.append(row)
    return rows, len(traits)


def _about(result: Findings, target: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of ancestor claims on a target, and of what is unresolved, the surest first."""
    pairs = result.pairs
    # Of equals those next to it first.
    edge = np.nan_to_num(pairs.posterior_direct)
    strength = np.lexsort((pairs.log_p, -edge, -pairs.posterior.round(3)))
    about = strength[(pairs.gene_b == target)[strength]]
    relation = pairs.relation[about]
    return about[relation == _ANCESTOR], about[relation == _UNRESOLVED]


def _page(result: Findings, target: int) -> dict[str, Any]:
    name = str(result.gene_ids[target])
    pairs = result.pairs
    claims, open_ones = _about(result, target)
    page: dict[str, Any] = {"name": name, "gene": target, "n_ancestors": len(claims)}
    shown = claims[:_CLAIMS]
    try:
        found = upstream_to(result, name)
        known = total_effects(found, pairs.gene_a[shown].astype(np.int64))
        page |= _ways(tell_paths(result, name, None, _PATHS, found))
    except (CommandLineError, InputOpenError, InputReadError) as error:
        known, page = None, page | {"reason": str(error)}
    page["ancestors"] = _ancestors(result, shown, known)
    page["possible"] = [
        (str(result.gene_ids[pairs.gene_a[row]]), f"{pairs.posterior[row]:.2f}")
        for row in open_ones[:_POSSIBLE].tolist()
        if pairs.posterior[row] >= _MAY_ACT
    ]
    return page


def _ancestors(
    result: Findings, shown: np.ndarray, known: pd.DataFrame | None
) -> list[dict[str, Any]]:
    """Claims on a target as rows; effects with intervals where graphs tell them."""
    claims = result.pairs.rows(shown)
    frame = claims.frame(result.gene_ids, result.variables)
    layer = result.genes.get("layer")
    rows = []
    for at, row in enumerate(frame.itertuples()):
        gene = int(claims.gene_a[at])
        effect = _signed(row.effect)
        if known is not None and not np.isnan(known["effect"].iloc[at]):
            effect = _interval(known.iloc[at])
        rows.append(
            {
                "gene": gene,
                "name": str(row.gene_a),
                "layer": "" if layer is None else str(layer.iloc[gene]),
                "direct": {True: "direct", False: "indirect"}.get(row.direct, "undetermined"),
                "posterior": _share(row.posterior, 3),
                "edge": _share(row.posterior_direct, 3),
                "p": with_minus(probability(float(claims.log_p[at]))),
                "effect": effect,
                "rests_on": row.rests_on if isinstance(row.rests_on, str) else str(row.rule),
            }
        )
    return rows


def _ways(found: Paths) -> dict[str, Any]:
    """What sampled graphs say of the ways to a target."""
    counts = found.loci["verdict"].value_counts()
    # What mostly leads on to the target is on a path, and no other effect.
    others = found.others[found.others["upstream"] < found.others["posterior"] / 2]
    return {
        "reason": "",
        "n_graphs": counted(found.n_graphs, "sampled graph", ","),
        "verdicts": {word: int(counts.get(word, 0)) for word in (THROUGH, BESIDE, UNKNOWN)},
        "n_loci": len(found.loci),
        "loci": [
            {
                "locus": row.locus,
                "place": _place(row),
                "verdict": row.verdict,
                "through": _share(row.through),
                "beside": _share(row.beside),
                "effect": _interval(row),
                "credible_set": row.credible_set,
            }
            for row in found.loci.head(_LOCI).itertuples()
        ],
        "paths": [
            {"path": row.path, "posterior": _share(row.posterior), "effect": _interval(row)}
            for row in found.paths.itertuples()
        ],
        "n_more_paths": found.said_of_more_paths() if found.n_more_paths else "",
        "n_others": len(others),
        "others": [
            {
                "locus": row.locus,
                "name": row.gene_id,
                "posterior": _share(row.posterior),
                "upstream": _share(row.upstream),
                "effect": _interval(row),
            }
            for row in others.head(_OTHERS).itertuples()
        ],
    }


def _share(x: float, digits: int = 2) -> str:
    return "–" if np.isnan(x) else f"{x:.{digits}f}"


def _signed(x: float) -> str:
    return "–" if np.isnan(x) else with_minus(f"{round(x, 2) + 0.0:+.2f}")


def _interval(row: Any) -> str:
    """A mean effect with its interval, as far as these are known."""
    if np.isnan(row.effect_low):
        return _signed(row.effect)
    return f"{_signed(row.effect)} ({_signed(row.effect_low)}, {_signed(row.effect_high)})"


def _place(row: Any) -> str:
    if pd.isna(row.chrom) or pd.isna(row.start):
        return ""
    end = "" if row.end == row.start else f"–{row.end:,}"
    return f"{row.chrom}:{row.start:,}{end}"
