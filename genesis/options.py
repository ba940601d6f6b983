"""What a method may be asked for: every option once, with its default, its limits and its meaning.

All else follows from the fields below: the options of the commands with their help
(`genesis/cli/options.py`), the lines on them in the docstring of `genesis.discover`, what is said
of a value that cannot be used, what a method is handed, and the options in the record of a run.

To add an option of a method: a field of its class here, a keyword of `genesis.discover`
(``name: float = Options.name``), and its use in the method.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from functools import partial
from typing import Any, Self

from genesis.option_fields import about, checked, list_options, option

__all__ = [
    "OF_TABLES",
    "CalibratedOptions",
    "CommonOptions",
    "DataOptions",
    "Options",
    "PreparationOptions",
    "RulesOptions",
    "checkpointed",
    "options_of",
]

_of_calibrated = partial(option, method="calibrated")
_of_rules = partial(option, method="rules")

#: Steps of normalisation where none are asked for and the expression is a table with names.
OF_TABLES = "int"


@dataclass(frozen=True)
class DataOptions:
    """What both the preparation and the methods take.

    Parameters
    ----------
    {options}
    """

    normalise: str | None = option(
        None,
        "Steps of normalisation from left to right: cpm or tmm (counts), log2, quantile, int "
        "(rank-based inverse normal of each gene), zscore; or none.",
        metavar="STEP[,STEP]",
        by_default=f"{OF_TABLES} where the expression carries names (a data frame, Expression or "
        "AnnData), while a bare array is taken as it is",
        in_commands=OF_TABLES,
    )
    cis_window: int = option(
        1_000_000,
        "Base pairs around a gene within which a variant may anchor it.",
        metavar="BP",
        least=0,
    )
    seed: int = option(
        1,
        "Seed of the random numbers (calibrated, and permutations of `expression_pcs`).",
        group="Running",
        metavar="N",
        least=0,
    )
    threads: int | None = option(
        None,
        "Number of threads; the result is the same to the bit for any.",
        group="Running",
        metavar="N",
        least=1,
        by_default="all cores",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be used; numbers become Python's own, whatever made them.

        Raises
        ------
        CommandLineError
            An option has a value that cannot be used.
        """
        for one in fields(self):
            object.__setattr__(self, one.name, checked(one, getattr(self, one.name)))

    @classmethod
    def among(cls, given: Mapping[str, Any]) -> Self:
        """The options among what was given by name to a function or a command."""
        return cls(**{one.name: given[one.name] for one in fields(cls) if one.name in given})


@dataclass(frozen=True)
class PreparationOptions(DataOptions):
    """What `genesis.prepare.prepare` may be asked for.

    Parameters
    ----------
    {options}

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.
    """

    min_expression: float | None = option(
        None,
        "Leave out genes below this (TPM, counts) in too many samples.",
        group="Preparation",
        metavar="VALUE",
        least=0,
    )
    min_fraction: float = option(
        0.2,
        "Share of the samples that must reach `min_expression`.",
        group="Preparation",
        metavar="FRACTION",
        least=0,
        most=1,
    )
    expression_pcs: int | str = option(
        "none",
        "Principal components of expression as covariates: as many as a rule says, or a number. "
        "They stand for hidden factors instead of `hidden_factors`.",
        group="Preparation",
        metavar="none|permutation|elbow|K",
        choices=("none", "permutation", "elbow"),
    )
    genotype_pcs: int = option(
        0,
        "Principal components of genotypes as covariates.",
        group="Preparation",
        metavar="K",
        least=0,
    )
    hwe: float | None = option(
        None,
        "Leave out variants with a smaller p-value in the exact test of Hardy–Weinberg.",
        group="Preparation",
        metavar="P",
        least=0,
        most=1,
    )
    ld_prune: float | None = option(
        None,
        "Leave out variants until no two in a window have a larger squared correlation.",
        group="Preparation",
        metavar="R2",
        least=0,
        most=1,
    )
    ld_window: int = option(
        1_000_000, "Base pairs of that window.", group="Preparation", metavar="BP", least=0
    )
    check_samples: bool = option(
        True,
        "Report related samples, and expression that fits the genotypes of another sample.",
        group="Preparation",
    )


@dataclass(frozen=True)
class _FirstOptions:
    """Those of both methods that are listed before all others."""

    method: str = option(
        "calibrated",
        "calibrated: causal graphs of all genes are sampled from their joint posterior, hidden "
        "factors included, and what they agree on is claimed; every claim has a posterior. rules: "
        "the paper's rules R1, R2 and R3, whose errors are not calibrated.",
        choices=("calibrated", "rules"),
    )
    all_snps: bool | None = option(
        None, "Anchors from anywhere; the default where genes or variants have no positions."
    )


@dataclass(frozen=True)
class CommonOptions(DataOptions, _FirstOptions):
    """What both methods take.

    Parameters
    ----------
    {options}
    """


@dataclass(frozen=True)
class CalibratedOptions(CommonOptions):
    """What the method `calibrated` takes.

    Parameters
    ----------
    {options}
    """

    fdr: float = _of_calibrated(
        0.05,
        "Expected share of false claims among ancestors; a claim of another kind has a posterior "
        "of at least one minus this by itself.",
        metavar="RATE",
        least=0,
        most=1,
        is_open=True,
        in_checkpoint=False,
    )
    min_posterior: float | None = _of_calibrated(
        None,
        "Claim whatever has this posterior, in place of `fdr`.",
        metavar="PROBABILITY",
        least=0.5,
        most=1,
        why="below one half a claim would be false more often than true",
        in_checkpoint=False,
    )
    keep_posterior: float = _of_calibrated(
        0.01,
        "List unresolved pairs from this posterior on.",
        metavar="PROBABILITY",
        least=0,
        most=1,
        in_checkpoint=False,
    )
    hidden_factors: int | str = _of_calibrated(
        "auto",
        "Number of hidden common causes fitted beside the genetic effects; auto compares none with "
        "as many as parallel analysis finds, by how well they predict samples they have not seen.",
        metavar="auto|none|K",
        choices=("auto", "none"),
    )
    self_test: int | str = _of_calibrated(
        "auto",
        "Sample graphs from half of the samples as well, and look in the other half for what they "
        "claim: hidden factors are chosen by it, and posteriors calibrated. auto: one split where "
        "there are samples and genes enough; off; or a number of splits.",
        metavar="auto|off|K",
        choices=("auto", "off"),
    )
    anchor_kind: str = _of_calibrated(
        "effect",
        "What a variant that acts on another gene says of the gene at its own locus. effect: "
        "nothing, unless through that gene's expression; positional: the gene acts on the other, "
        "by its product; both: the latter where the variant has no established effect on the "
        "expression of its gene. All but the first need anchors from cis windows, or `anchors`.",
        choices=("effect", "positional", "both"),
    )
    paths_to: str | None = _of_calibrated(
        None,
        "Keep the sampled graphs up to these genes, from which the paths to them are told later; "
        "of up to 2,000 genes, and up to traits, they are kept anyway.",
        group="Running",
        metavar="GENE[,GENE]",
        in_checkpoint=False,
    )


@dataclass(frozen=True)
class RulesOptions(CommonOptions):
    """What the method `rules` takes: the paper's rules R1, R2 and R3 (docs/rules.md).

    Parameters
    ----------
    {options}
    """

    profile: str = _of_rules(
        "stable",
        "stable depends on no order of samples, genes or variants. paper (grow–shrink, first valid "
        "witness, no BH) and ascend (IAMB, votes, BH) reproduce published programs, and depend on "
        "the order of the columns by definition.",
        choices=("stable", "paper", "ascend"),
    )
    alpha: float = _of_rules(
        0.05,
        "Level of the tests of R1, R2 and R3.",
        metavar="LEVEL",
        least=0,
        most=1,
        is_open=True,
    )
    alpha_blanket: float = _of_rules(
        0.05,
        "Level of the tests in the search for nearest ancestors.",
        metavar="LEVEL",
        least=0,
        most=1,
        is_open=True,
    )
    max_sweeps: int = _of_rules(
        10,
        "Largest number of sweeps over the pairs.",
        metavar="N",
        least=1,
        most=126,  # sweeps are counted in one byte a pair
        why="a search ends by itself where a sweep finds nothing new",
    )


@dataclass(frozen=True)
class Options(RulesOptions, CalibratedOptions):
    """What `genesis.discover` may be asked for; a method looks at what is common and at its own.

    Parameters
    ----------
    {options}

    Raises
    ------
    CommandLineError
        An option has a value that cannot be used.

    Examples
    --------
    >>> options = Options(fdr=0.1, seed=3)
    >>> options.fdr, options.hidden_factors
    (0.1, 'auto')
    >>> Options(fdr=1.5)
    Traceback (most recent call last):
    genesis.errors.CommandLineError: fdr is 1.5: it must lie between 0 and 1
    """


def options_of(method: str) -> list[Field[Any]]:
    """The options that one method alone takes.

    Examples
    --------
    >>> [one.name for one in options_of("rules")]
    ['profile', 'alpha', 'alpha_blanket', 'max_sweeps']
    """
    return [one for one in fields(Options) if about(one).method == method]


def checkpointed(method: str) -> list[str]:
    """Those that what the method keeps in a checkpoint depends on.

    Examples
    --------
    >>> checkpointed("calibrated")
    ['hidden_factors', 'self_test', 'anchor_kind']
    """
    return [one.name for one in options_of(method) if about(one).in_checkpoint]


for _one in (
    DataOptions, PreparationOptions, CommonOptions, CalibratedOptions, RulesOptions, Options
):  # fmt: skip
    list_options(_one, _one)
