"""``result.plot``: the figures of the report, for papers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError
from genesis.findings.gene_names import gene_position
from genesis.report.data_plots import DataPlots
from genesis.report.layer_drawing import draw_layers, layer_names
from genesis.report.layer_plot import plot_layers
from genesis.report.matrix_image import matrix_image
from genesis.report.matrix_plot import draw_matrix
from genesis.report.network import draw_claims
from genesis.report.network_plot import draw_network
from genesis.report.quantities import anchors_a_gene, candidate_posteriors
from genesis.report.replication_plot import draw_replication
from genesis.report.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SKY,
    axes_for,
    literal,
    nice_ceiling,
)

__all__ = ["Plots"]

_MOST_ANCHORS = 10
#: Share of the largest weight of a chain below which one is drawn pale.
_PALE = 0.1


class Plots(DataPlots):
    """Figures of a result, drawn with matplotlib (extra ``plot``).

    Every method draws on `ax` where that is given, else on a figure of its own, and returns the
    axes; ``ax.figure.savefig("figure.svg")`` writes it, and a notebook shows it. Colours are those
    of Okabe and Ito and cividis, which everybody can tell apart. Figures of the data are those of
    `genesis.report.data_plots.DataPlots`.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.

    Raises
    ------
    CommandLineError
        matplotlib is not installed.
    DegenerateDataError
        From each method where the result has nothing of the kind to draw.

    Examples
    --------
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> ax = result.plot.posteriors()
    >>> ax.get_xlabel()
    'posterior of "a is an ancestor of b"'
    """

    def posteriors(self, ax: Any = None) -> Any:
        """Draw a histogram of the posteriors of ordered pairs, claimed and unresolved ones apart.

        Pairs below the floor that the run listed are not in it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        claimed, rest = candidate_posteriors(self._result)
        ax = axes_for(ax)
        ax.hist(
            [claimed, rest],
            bins=np.linspace(0, 1, 41),
            stacked=True,
            color=[BLUE, GREY],
            label=["claimed", "not claimed"],
        )
        ax.set_yscale("log")
        ax.set_ylim(bottom=0.7)
        ax.set_xlim(0, 1)
        ax.set_xlabel('posterior of "a is an ancestor of b"')
        ax.set_ylabel("ordered pairs of genes")
        ax.legend(frameon=False)
        return ax

    def fdr(self, ax: Any = None) -> Any:
        """Draw the expected share of false claims against the number of ancestor claims.

        The claims made are marked. The share is the mean of 1 − posterior: it holds as far as
        the model does.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        claimed, rest = candidate_posteriors(self._result)
        posterior = np.sort(np.concatenate([claimed, rest]))[::-1]
        posterior = posterior[: max(np.count_nonzero(posterior > 0.5), 2 * len(claimed), 20)]
        number = np.arange(1, len(posterior) + 1)
        share = np.cumsum(1.0 - posterior) / number
        asked = self._result.run.get("options", {})
        ax = axes_for(ax)
        ax.plot(number, share, color=BLUE, drawstyle="steps-post", label="the most certain pairs")
        if len(claimed):
            made = float(np.mean(1.0 - claimed))
            ax.plot(len(claimed), made, "o", color=ORANGE, label=f"claims made: {len(claimed):,}")
        if asked.get("fdr") is not None and asked.get("min_posterior") is None:
            level = asked["fdr"]
            ax.axhline(level, color=INK, linestyle="--", linewidth=1, label=f"asked for: {level}")
        ax.set_xlim(left=0)
        ax.set_ylim(
            0, nice_ceiling(max(1.15 * share[-1] if len(share) else 0.0, asked.get("fdr") or 0.05))
        )
        ax.set_xlabel("ancestor claims, the most certain first")
        ax.set_ylabel("expected share of false claims")
        ax.legend(frameon=False)
        return ax

    def replication(self, ax: Any = None) -> Any:
        """Draw the effects that claims predict against those that other samples show, by bin.

        These are the claims of the self-test, made on one part of the samples and tested on the
        other. Points on the diagonal are seen as often as their posterior says, points at 0 are
        confounded.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        bins = (self._result.run.get("self_test") or {}).get("bins")
        if not bins:
            raise DegenerateDataError("claims of this run were not tested in other samples")
        return draw_replication(pd.DataFrame(bins), ax)

    def trace(self, ax: Any = None) -> Any:
        """Draw the log density of the graphs that each chain counted, in their order.

        Chains that draw from one distribution are at one height and look alike; one that still
        climbs, or stays apart, has not found where the others are. Those of little weight, which
        count for little, are pale.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        found = self._result.run.get("calibrated", {})
        used = found.get("hidden_factors_used")
        chains = [
            (number, chain)
            for number, chain in enumerate(found.get("chains", []), start=1)
            if chain.get("log_density") and chain["hidden_factors"] == used
        ]
        if not chains:
            raise DegenerateDataError("the run kept no log density of its chains")
        ax = axes_for(ax)
        colours = (BLUE, ORANGE, GREEN, SKY, INK)
        most = max(chain["weight"] for _, chain in chains)
        for at, (number, chain) in enumerate(chains):
            ax.plot(
                chain["log_density"], color=colours[at % len(colours)], linewidth=1,
                alpha=1.0 if chain["weight"] >= _PALE * most else 0.35,
                label=f"{number}: weight {chain['weight']:.2f}",
            )  # fmt: skip
        r_hat = found.get("r_hat_of_log_density")
        said = "" if r_hat is None else f" (R-hat {r_hat:.2f})"
        ax.set_xlabel("graph that was counted")
        ax.set_ylabel(f"log density of the data{said}")
        ax.legend(frameon=False, fontsize=7, title="chain", title_fontsize=7, ncols=2)
        return ax

    def anchors(self, ax: Any = None) -> Any:
        """Draw how many genes have no anchor, one, two and so on.

        Of method `calibrated` anchors with a posterior of at least one half count.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        number = anchors_a_gene(self._result)
        counts = np.bincount(np.minimum(number, _MOST_ANCHORS), minlength=3)
        ax = axes_for(ax)
        names = [str(k) if k < _MOST_ANCHORS else f"≥ {k}" for k in range(len(counts))]
        bars = ax.bar(names, counts, color=[GREY, *[BLUE] * (len(counts) - 1)])
        ax.bar_label(bars, [f"{n:,}" if n else "" for n in counts], fontsize=8)
        ax.set_xlabel("anchors of a gene")
        ax.set_ylabel("genes")
        return ax

    def network(self, ax: Any = None, *, n: int = 50, gene: str | None = None) -> Any:
        """Draw the strongest direct ancestor claims as arrows.

        Blue arrows raise, red ones with a bar lower what they reach; grey ones have no known sign.
        The surer a claim, the thicker its arrow. Filled names have no ancestor among the genes
        shown, white ones no descendant, grey ones both.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        n : int
            Most claims to draw.
        gene : str, optional
            Only this gene and its neighbours.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        CommandLineError
            There is no such gene.
        """
        position = None if gene is None else gene_position(self._result.gene_ids, gene)
        drawing = draw_claims(self._result, n, gene=position)
        if not len(drawing.gene):
            of = "" if gene is None else f" about {gene}"
            raise DegenerateDataError(f"there is no ancestor claim{of} to draw")
        return draw_network(self._result, drawing, ax)

    def layers(self, ax: Any = None) -> Any:
        """Draw the claims that lead to traits, a column a layer.

        Layers stand in their order, after the likeliest anchor of each molecule and trait; colours
        and widths are those of `network`. Of many claims the 60 next to traits and surest are
        drawn, up to 25 nodes a column. Without traits it is the claims that lead to another layer.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        DegenerateDataError
            The result is of one layer, or nothing is claimed.

        Examples
        --------
        >>> import genesis
        >>> rng = np.random.default_rng(1)
        >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
        >>> x = z + rng.normal(size=(500, 2))
        >>> traits = pd.DataFrame({"LDL": x[:, 0] + rng.normal(size=500)})
        >>> ax = genesis.discover(z, x, traits=traits).plot.layers()
        >>> [text.get_text() for text in ax.texts][-3:]
        ['loci', 'expression', 'trait']
        """
        if not layer_names(self._result):
            raise DegenerateDataError("the result is of one layer")
        drawing = draw_layers(self._result)
        if not len(drawing.arrows):
            raise DegenerateDataError("there is no claim to draw")
        return plot_layers(drawing, ax)

    def heatmap(self, ax: Any = None) -> Any:
        """Draw the ancestrality matrix, ancestors first.

        Up to 60 genes are named. Of more than 1,000 genes, cells are blocks of genes and show
        which share of their pairs are ancestor claims.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        image = matrix_image(self._result)
        if not len(image.order):
            raise DegenerateDataError("there is no gene")
        names = [literal(str(name)) for name in self._result.gene_ids[image.order]]
        return draw_matrix(image, names, ax)
