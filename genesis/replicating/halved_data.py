"""Claims made on one half of the samples, and held against the other."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from genesis.discovery import discover
from genesis.engine.progress import Progress
from genesis.findings.findings import Findings
from genesis.io.ids import counted, first_few
from genesis.options import Options, PreparationOptions
from genesis.prepare.normalise import steps_for
from genesis.prepare.preparation import prepare
from genesis.replicating.claimed import (
    Claimed,
    claims_of_result,
    claims_of_table,
    with_layers,
)
from genesis.replicating.half_anchors import anchors_of_half
from genesis.replicating.held_against import Held, hold_against
from genesis.replicating.matched_data import MatchedData
from genesis.replicating.second_samples import SecondSamples
from genesis.replication.bins import EDGES
from genesis.replication.halves import Halver

__all__ = ["HalvedData"]


@dataclass(frozen=True, eq=False)
class HalvedData:
    """Samples that are split in two at random, and what is asked of the halves.

    Attributes
    ----------
    data : MatchedData
    places : dict
        ``variants`` and ``genes`` as for `genesis.discover`.
    of_layers : dict
        ``order``, ``trait_feedback`` and ``trait_hits`` as for `genesis.discover`.
    anchors : pandas.DataFrame or None
    preparation : PreparationOptions or None
    asked : Options
    max_memory, progress, say, force :
        As for `genesis.discover`.
    """

    data: MatchedData
    places: dict[str, Any]
    of_layers: dict[str, Any]
    anchors: pd.DataFrame | None
    preparation: PreparationOptions | None
    asked: Options
    max_memory: int | str | None
    progress: Progress | None
    say: Callable[[str], None] | None
    force: bool

    def fit(self, splits: int) -> tuple[list[Held], list[str]]:
        """Each half fitted, and its claims tested on the other."""
        halves, notes = self._halves(splits)
        tests, lost = [], []
        for number, (first, second) in enumerate(halves, start=1):
            if self.progress is not None:
                self.progress(f"split {number}", number - 1, splits)
            genotypes, expression, covariates = self.data.take(first)
            options, n_components = self.asked, 0
            if self.preparation is not None:
                prepared = prepare(
                    genotypes, expression, covariates=covariates, **self.places,
                    options=dataclasses.replace(self.preparation, check_samples=False),
                )  # fmt: skip
                n_components = prepared.record.get("expression_pcs", {}).get("number", 0)
                genotypes, expression = prepared.genotypes, prepared.expression
                covariates = prepared.covariates
                options = dataclasses.replace(options, normalise="none")
            result = discover(
                genotypes, **self._layers(expression, first), covariates=covariates,
                anchors=self.anchors, **self.places, options=options, max_memory=self.max_memory,
                progress=self.progress, say=self.say, force=self.force,
            )  # fmt: skip
            nodes = result.genes if self.data.layers.others else None
            other = self._second(second, n_components, nodes)
            tests.append(hold_against(claims_of_result(result), other))
            lost.append(_left_out(result))
        always = sorted(set.intersection(*lost))
        if always:
            notes.append(
                f"{counted(len(always), 'node')} of layers left out of all halves: "
                f"{first_few(always)}."
            )
        return tests, notes

    def of_table(self, given: Any, splits: int) -> tuple[list[Held], list[str]]:
        """A table of claims tested on each half, with anchors of the other."""
        table = claims_of_table(given)
        n_below = int((table["posterior"].round(6) < EDGES[0]).sum())
        table = table[table["posterior"].round(6) >= EDGES[0]].reset_index(drop=True)
        halves, notes = self._halves(2 * splits)
        tests = []
        for first, second in halves:
            seen = self._second(first, self._n_components())
            table_of_anchors = anchors_of_half(
                seen, sorted({*table["gene_a"], *table["gene_b"]}), self.anchors, self.asked
            )
            claims, layers = with_layers(table, seen.inputs.genes)
            claimed = Claimed(
                claims, n_below, table_of_anchors, seen.degrees, seen.contigs(), layers
            )
            tests.append(hold_against(claimed, self._second(second, self._n_components())))
        lost = sorted({*table["gene_a"], *table["gene_b"]})
        known = tests[0].second.has_genes(lost)
        lost = [name for name, is_there in zip(lost, known, strict=True) if not is_there]
        if lost:
            notes.append(
                f"{counted(len(lost), 'gene')} of the claims without expression: {first_few(lost)}."
            )
        if self.anchors is None and not tests[0].second.inputs.has_positions:
            notes.append(
                "Without positions any variant may anchor a gene, also one that acts on it through "
                "another: claims that only share that cause would seem to hold. Give positions of "
                "genes and variants, or anchors."
            )
        return tests, notes

    def _n_components(self) -> int | str:
        return 0 if self.preparation is None else self.preparation.expression_pcs

    def _halves(self, n: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[str]]:
        """So many pairs of halves, every second one the one before turned round."""
        data = self.data
        every = data.take(np.arange(data.n_samples))[0]
        halver = Halver.of(every, data.samples, threads=self.asked.threads)
        halves = []
        for number in range(n):
            one, other = halver.halves(self.asked.seed + number // 2)
            halves.append((one, other) if number % 2 == 0 else (other, one))
        sizes = sorted(map(len, halves[0]))
        notes = [*data.notes, *halver.notes]
        notes.append(f"Halves of {sizes[0]} and {sizes[1]} samples, from seed {self.asked.seed}.")
        return halves, notes

    def _layers(self, expression: Any, which: np.ndarray) -> dict[str, Any]:
        """The arguments of `discover` that are about layers, of some of the samples."""
        given = self.data.take_layers(which)
        if not given.others:
            return {"expression": expression}
        molecular = {
            one.name: (one.values, one.places, one.steps)
            for one in given.others
            if not one.is_trait
        }
        traits = next((one.values for one in given.others if one.is_trait), None)
        return {
            "expression": {given.first: expression, **molecular},
            "traits": traits,
            **self.of_layers,
        }

    def _second(
        self, which: np.ndarray, n_components: int | str, nodes: pd.DataFrame | None = None
    ) -> SecondSamples:
        """One half as what claims are held against, with the names of `nodes` where given."""
        parts = self.data.take(which)
        preparation = self.preparation
        asked = self.asked.normalise
        if preparation is not None:
            preparation = dataclasses.replace(preparation, expression_pcs=n_components)
            asked = preparation.normalise
        samples = self.data.samples
        return SecondSamples(
            *parts, **self.places, steps=steps_for(parts[1], asked), preparation=preparation,
            names=[str(row) if samples is None else samples[row] for row in which],
            given=self.data.take_layers(which), nodes=nodes,
        )  # fmt: skip


def _left_out(result: Findings) -> set[str]:
    """Nodes of several layers that an analysis left out, with the reasons."""
    if "layer" not in result.genes:
        return set()
    nodes = set(result.genes["gene_id"])
    return {
        f"{row.id} ({row.reason})"
        for row in result.excluded.itertuples()
        if row.kind in ("gene", "trait") and row.id in nodes
    }
