"""Figures of the data that were analysed: p-values, variants, missing calls, expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from genesis.errors import DegenerateDataError
from genesis.findings.diagnostics import Diagnostics
from genesis.report.quantities import heterozygosity, inflation, null_band
from genesis.report.style import BLUE, GREY, INK, ORANGE, axes_for, literal, nice_ceiling

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["DataPlots"]

_MOST_POINTS = 3_000


class DataPlots:
    """The part of `genesis.report.plots.Plots` that shows the data.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    """

    def __init__(self, result: Findings) -> None:
        self._result = result

    def qq(self, ax: Any = None) -> Any:
        """Draw observed against expected p-values of single variants and single genes.

        Of many pairs an evenly spaced part is looked at. What lies far above the diagonal is
        drawn at the upper edge. Variants outside each other's window
        should follow the diagonal; where they rise above it from the start (an inflation λ well
        above 1), structure among the samples is left that covariates should hold. The band holds
        the p-value of each rank in 95 % of data sets without any effect, if tests were
        independent; linked variants are not, and leave it more often.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        scan = self._diagnostics.scan
        if scan.empty:
            raise DegenerateDataError("there is no pair of a variant and a gene that both vary")
        ax = axes_for(ax)
        end = float(scan["expected"].max())
        top = np.ceil(3 * end)
        # Of most tests: the narrowest band.
        most = scan[scan["n_tests"] == scan["n_tests"].max()]
        low, high = null_band(most["rank"].to_numpy(), int(most["n_tests"].iloc[0]))
        ax.fill_between(
            most["expected"], low, high, color=GREY, alpha=0.6, linewidth=0, label="95 % band"
        )
        looks = {"cis": (ORANGE, "s"), "distant": (BLUE, "o"), "all": (BLUE, "o")}
        for pairs, rows in scan.groupby("pairs", sort=True):
            colour, marker = looks[str(pairs)]
            label = f"{pairs} pairs (λ = {inflation(rows):.2f})"
            shown = rows["observed"].clip(upper=top)
            ax.plot(rows["expected"], shown, marker, color=colour, markersize=4, label=label)
        ax.plot([0, end], [0, end], color=INK, linewidth=1)
        ax.set_xlabel("expected −log₁₀ p")
        cut = f" (cut at {top:.0f})" if scan["observed"].max() > top else ""
        ax.set_ylabel(f"observed −log₁₀ p{cut}")
        ax.legend(frameon=False, fontsize=8, loc="upper left")
        return ax

    def allele_frequencies(self, ax: Any = None) -> Any:
        """Draw a histogram of the ALT frequency of the variants analysed.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        rows = self._histogram("allele_frequency", "the allele frequencies are not known")
        count = rows["count"].to_numpy().reshape(-1, 2).sum(axis=1)
        ax = axes_for(ax)
        ax.bar(rows["lower"][::2], count, 2 / len(rows), align="edge", color=BLUE)
        ax.set_xlim(0, 1)
        ax.set_xlabel("frequency of the ALT allele")
        ax.set_ylabel("variants")
        return ax

    def missingness(self, ax: Any = None, *, of: str = "variants") -> Any:
        """Draw a histogram of the share of missing calls.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        of : {"variants", "samples"}
            Of the variants analysed, or of the samples at these.

        Returns
        -------
        matplotlib.axes.Axes
        """
        ax = axes_for(ax)
        if of == "variants":
            rows = self._histogram("missingness", "there is no variant")
            filled = rows["upper"][rows["count"] > 0]
            rows = rows[rows["upper"] <= max(filled.max(), 0.05) + 1e-9]
            lower, width = rows["lower"], rows["upper"] - rows["lower"]
            count = rows["count"].to_numpy()
        else:
            share = self._diagnostics.samples["missing"].to_numpy()
            top = nice_ceiling(max(share.max(initial=0.0), 0.005))
            count, edges = np.histogram(share, bins=25, range=(0, top))
            lower, width = edges[:-1], np.diff(edges)
        ax.bar(lower, count, width, align="edge", color=BLUE, edgecolor="white", linewidth=0.5)
        if np.max(count) > 100 * np.min(count[count > 0]):
            ax.set_yscale("log")
            ax.set_ylim(bottom=0.7)
        ax.set_xlim(left=0)
        ax.set_xlabel(f"share of missing calls of a {of[:-1]}")
        ax.set_ylabel(of)
        return ax

    def heterozygosity(self, ax: Any = None) -> Any:
        """Draw the samples by their shares of missing and of heterozygous calls.

        Samples more than three standard deviations from the mean in one of them are named, the
        farthest five: too many heterozygous calls point to a contaminated sample, too few to
        inbreeding, both to a failed array or another population. Of the variants that kinship was
        told by, in a run that looked for related samples.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        table = heterozygosity(self._result)
        ax = axes_for(ax)
        points = table[["missing", "heterozygous"]].to_numpy()
        mean, spread = points.mean(axis=0), points.std(axis=0)
        ax.axhspan(
            *(mean[1] + 3 * spread[1] * np.array([-1, 1])), color=GREY, alpha=0.3, linewidth=0,
            zorder=0, label="mean ± 3 SD",
        )  # fmt: skip
        many = len(points) > _MOST_POINTS
        ax.plot(*points.T, "o", color=BLUE, markersize=4, alpha=0.6, mew=0, rasterized=many)
        away = (np.abs(points - mean) / np.maximum(spread, 1e-12)).max(axis=1)
        for at in np.argsort(-away, kind="stable")[:5]:
            if away[at] > 3:
                name = literal(str(table["sample"].iloc[at]))
                ax.annotate(name, points[at], (4, 3), textcoords="offset points", fontsize=7)
        ax.margins(0.1)
        ax.legend(frameon=False, loc="lower right")
        ax.set_xlabel("share of missing calls of a sample")
        ax.set_ylabel("share of heterozygous calls")
        return ax

    def expression_pca(self, ax: Any = None, *, x: int = 1, y: int = 2) -> Any:
        """Draw the samples on two principal components of expression.

        Genes are scaled to unit variance and cleared of covariates. The five samples farthest
        from the middle are named.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
        x, y : int
            Components, from 1 to 5.

        Returns
        -------
        matplotlib.axes.Axes
        """
        samples, shares = self._diagnostics.samples, self._diagnostics.components["variance"]
        if not {f"pc{x}", f"pc{y}"} <= set(samples.columns):
            raise DegenerateDataError(f"expression has no components {x} and {y}")
        ax = axes_for(ax)
        points = samples[[f"pc{x}", f"pc{y}"]].to_numpy()
        ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
        ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
        many = len(points) > _MOST_POINTS
        ax.plot(*points.T, "o", color=BLUE, markersize=4, alpha=0.6, mew=0, rasterized=many)
        far = np.square(points / np.maximum(points.std(axis=0), 1e-12)).sum(axis=1)
        for at in np.argsort(-far, kind="stable")[:5]:
            name = literal(str(samples["sample_id"].iloc[at]))
            ax.annotate(name, points[at], (4, 3), textcoords="offset points", fontsize=7)
        ax.margins(0.1)
        ax.set_xlabel(f"component {x} ({100 * shares[x - 1]:.1f} % of variance)")
        ax.set_ylabel(f"component {y} ({100 * shares[y - 1]:.1f} % of variance)")
        return ax

    def components(self, ax: Any = None) -> Any:
        """Draw the share of variance of the principal components of expression.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional

        Returns
        -------
        matplotlib.axes.Axes
        """
        table = self._diagnostics.components
        if table.empty:
            raise DegenerateDataError("expression has no variance")
        ax = axes_for(ax)
        ax.bar(table["component"], 100 * table["variance"], color=BLUE)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("principal component of expression")
        ax.set_ylabel("% of variance")
        return ax

    @property
    def _diagnostics(self) -> Diagnostics:
        if self._result.diagnostics is None:
            raise DegenerateDataError(
                "the result keeps no summary of its data: it was not made by genesis.discover"
            )
        return self._result.diagnostics

    def _histogram(self, measure: str, otherwise: str) -> pd.DataFrame:
        table = self._diagnostics.histograms
        rows = table[table["measure"] == measure]
        if rows.empty:
            raise DegenerateDataError(otherwise)
        return rows
