"""The samples that all inputs have, matched by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from genesis.errors import DegenerateDataError, InconsistentInputsError, MalformedInputError
from genesis.io.covariates import Covariates
from genesis.io.exclusions import combine, exclusions
from genesis.io.ids import counted, first_few, repeated
from genesis.io.sample_ids import ADVICE, explain_mismatch
from genesis.showing import Shown

if TYPE_CHECKING:
    from genesis.io.expression import Expression
    from genesis.io.genotypes import Genotypes

__all__ = ["Aligned", "SampleMatch", "align", "match_samples", "take_shared"]

FEWEST_SAMPLES = 20
# Fisher's z has no variance below four samples.
FEWEST_AT_ALL = 4


@dataclass(frozen=True, eq=False)
class SampleMatch:
    """Samples that all inputs have.

    Attributes
    ----------
    samples : list of str
        Their ids, sorted, so that no file's order matters.
    excluded : pandas.DataFrame
        Exclusion table: every other sample, with the first input that lacks it as its reason.
    notes : list of str
        What was done, in sentences.
    """

    samples: list[str]
    excluded: pd.DataFrame
    notes: list[str]


@dataclass(frozen=True, eq=False, repr=False)
class Aligned(Shown):
    """Genotypes, expression and covariates of the same samples in the same order.

    Attributes
    ----------
    genotypes : Genotypes
    expression : Expression
    covariates : pandas.DataFrame or None
        float64, one row a sample.
    excluded : pandas.DataFrame
        Exclusion table of all inputs and of the matching.
    notes : list of str
        Sentences of all inputs and of the matching.
    """

    genotypes: Genotypes
    expression: Expression
    covariates: pd.DataFrame | None
    excluded: pd.DataFrame
    notes: list[str]


def match_samples(
    genotype_samples: Sequence[str],
    expression_samples: Sequence[str],
    covariate_samples: Sequence[str] | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    *,
    others: Mapping[str, Sequence[str]] | None = None,
    force: bool = False,
) -> SampleMatch:
    """Find the samples that all inputs have.

    Parameters
    ----------
    genotype_samples, expression_samples : sequence of str
        Ids on the two sides.
    covariate_samples : sequence of str, optional
        Ids that covariates are known for.
    include : sequence of str, optional
        Use no other samples than these.
    exclude : sequence of str, optional
        Leave these samples out.
    others : mapping of str to sequence of str, optional
        Ids of further inputs by what these are called, such as layers.
    force : bool, default False
        Accept fewer than 20 samples in common, or less than half of the smaller input.

    Returns
    -------
    SampleMatch

    Raises
    ------
    MalformedInputError
        If an input has an id twice.
    InconsistentInputsError
        If no sample is in common, or too few are and `force` is off; with ids of all sides.
    DegenerateDataError
        If fewer than four samples are in common.

    Examples
    --------
    >>> match_samples(["a", "b", "c", "d"], ["d", "c", "b", "a", "e"], force=True).samples
    ['a', 'b', 'c', 'd']
    """
    inputs = {"genotypes": list(genotype_samples), "expression": list(expression_samples)}
    inputs |= {name: list(ids) for name, ids in (others or {}).items()}
    if covariate_samples is not None:
        inputs["covariates"] = list(covariate_samples)
    for name, ids in inputs.items():
        twice = repeated(ids)
        if twice:
            raise MalformedInputError(
                f"sample ids occur more than once in the {name}: {first_few(twice)}; make them "
                "unique"
            )
    unwanted = set(exclude or ())
    sides = {name: [one for one in ids if one not in unwanted] for name, ids in inputs.items()}
    if include is not None:
        listed = set(include)
        sides = {name: [one for one in ids if one in listed] for name, ids in sides.items()}
    common = sorted(set.intersection(*(set(ids) for ids in sides.values())))
    check_overlap(common, sides, inputs, include, force)
    check_excluded(inputs, exclude, force)
    excluded, notes = losses(common, inputs, include, unwanted)
    return SampleMatch(common, excluded, notes)


def check_overlap(
    common: list[str],
    sides: dict[str, list[str]],
    inputs: dict[str, list[str]],
    include: Sequence[str] | None,
    force: bool,
) -> None:
    """Refuse an overlap so small that the files hardly belong together."""
    smallest = min(len(ids) for ids in sides.values())
    matched = set(common)
    examples = "; ".join(
        f"{name} ({len(ids)}): " + first_few([one for one in ids if one not in matched] or ids, 3)
        for name, ids in sides.items()
    )
    others = {name: ids for name, ids in inputs.items() if name != "genotypes"}
    if include is not None:
        others["list of samples"] = list(include)
        examples += f"; list of samples ({len(include)}): {first_few(list(include), 3)}"
    if not common:
        raise InconsistentInputsError(
            f"the inputs have no sample in common. Ids in the {examples}. "
            f"{mismatches(inputs['genotypes'], others)}{ADVICE}"
        )
    if not force and (len(common) < FEWEST_SAMPLES or 2 * len(common) < smallest):
        limit = (
            f"fewer than {FEWEST_SAMPLES}"
            if len(common) < FEWEST_SAMPLES
            else f"less than half of the smallest input ({smallest})"
        )
        raise InconsistentInputsError(
            f"only {_in_common(len(common))}, {limit}. Ids in the {examples}. "
            f"{mismatches(inputs['genotypes'], others)}Check that the ids are of one kind; use "
            "--force (force=True) where they are, or --sample-map where they are of two"
        )
    if len(common) < FEWEST_AT_ALL:
        raise DegenerateDataError(
            f"only {_in_common(len(common))} ({', '.join(common)}), too few for any test; "
            f"{FEWEST_AT_ALL} are the least"
        )


def check_excluded(
    inputs: dict[str, list[str]], exclude: Sequence[str] | None, force: bool
) -> None:
    """Refuse a list of samples to leave out that names none of them."""
    known = {one for ids in inputs.values() for one in ids}
    if exclude and not force and not any(one in known for one in exclude):
        raise InconsistentInputsError(
            f"none of the {counted(len(exclude), 'sample')} to exclude is in any input. Ids in "
            f"the list: {first_few(list(exclude), 3)}; genotypes: "
            f"{first_few(inputs['genotypes'], 3)}. "
            f"{mismatches(inputs['genotypes'], {'list of samples': exclude})}"
            "Use --force (force=True) if nobody is meant"
        )


def mismatches(genotypes: Sequence[str], others: Mapping[str, Sequence[str]]) -> str:
    """How the ids of other inputs would meet those of the genotypes, where few do."""
    known = set(genotypes)
    hints = [
        explain_mismatch(genotypes, ids, ("genotypes", name))
        for name, ids in others.items()
        if 2 * len(known & set(ids)) < min(len(known), len(set(ids)))
    ]
    return "".join(f"{hint}. " for hint in hints if hint)


def _in_common(n: int) -> str:
    return f"{counted(n, 'sample')} {'is' if n == 1 else 'are'} in common"


def losses(
    common: list[str],
    inputs: dict[str, list[str]],
    include: Sequence[str] | None,
    unwanted: set[str],
) -> tuple[pd.DataFrame, list[str]]:
    """Every sample left out, with the first input that lacks it."""
    matched = set(common)
    known = {name: set(ids) for name, ids in inputs.items()}
    lacking: dict[str, list[str]] = {}
    listed = set(include or ())
    everyone = dict.fromkeys(one for ids in [*inputs.values(), include or []] for one in ids)
    for one in everyone:
        if one in matched:
            continue
        if one in unwanted:
            reason = "excluded_by_list"
        elif include is not None and one not in listed:
            reason = "not_included"
        else:
            reason = next(f"not_in_{name}" for name, ids in known.items() if one not in ids)
        lacking.setdefault(reason, []).append(one)
    notes = [f"{_in_common(len(common))}."]
    for name, ids in inputs.items():
        lost = [one for one in ids if one not in matched]
        if lost:
            notes.append(
                f"{len(lost)} of {counted(len(ids), 'sample')} of the {name} left out: "
                f"{first_few(lost)}."
            )
    for to_do, asked in (("include", include or []), ("exclude", sorted(unwanted))):
        absent = [one for one in asked if not any(one in names for names in known.values())]
        if absent:
            notes.append(
                f"{counted(len(absent), 'sample')} to {to_do} in none of the inputs: "
                f"{first_few(absent)}."
            )
            hint = mismatches(inputs["genotypes"], {"list of samples": asked})
            notes += [hint.strip()] if hint else []
    frames = [exclusions("sample", ids, reason) for reason, ids in lacking.items()]
    return combine(frames), notes


def take_shared(
    genotypes: Genotypes,
    expression: Expression,
    covariates: pd.DataFrame | None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    *,
    force: bool = False,
) -> tuple[SampleMatch, Genotypes, Expression, pd.DataFrame | None]:
    """Match the samples of the inputs, and take those that all have; see `match_samples`."""
    known = None
    if covariates is not None:
        covariates = covariates.rename(index=str)
        known = list(covariates.index)
    match = match_samples(
        genotypes.samples, expression.samples, known, include, exclude, force=force
    )
    return (
        match,
        genotypes.take_samples(match.samples),
        expression.take_samples(match.samples),
        None if covariates is None else covariates.loc[match.samples],
    )


def align(
    genotypes: Genotypes,
    expression: Expression,
    covariates: Covariates | pd.DataFrame | None = None,
    *,
    include_samples: Sequence[str] | None = None,
    exclude_samples: Sequence[str] | None = None,
    force: bool = False,
) -> Aligned:
    """Bring genotypes, expression and covariates to the same samples, sorted by id.

    Parameters
    ----------
    genotypes : Genotypes
    expression : Expression
    covariates : Covariates or pandas.DataFrame, optional
        A DataFrame has sample ids as its index and finite numbers as its values.
    include_samples : sequence of str, optional
        Use no other samples than these.
    exclude_samples : sequence of str, optional
        Leave these samples out.
    force : bool, default False
        Accept a small overlap.

    Returns
    -------
    Aligned

    Raises
    ------
    InconsistentInputsError, DegenerateDataError, MalformedInputError
        As `match_samples`; also where no variant or no gene varies among the samples left.

    Examples
    --------
    >>> aligned = align(genotypes, expression)              # doctest: +SKIP
    >>> aligned.genotypes.samples == aligned.expression.samples    # doctest: +SKIP
    True
    """
    if isinstance(covariates, pd.DataFrame):
        covariates = Covariates(covariates)
    values = None if covariates is None else covariates.values
    match, genotypes, expression, values = take_shared(
        genotypes, expression, values, include_samples, exclude_samples, force=force
    )
    sources: list[Any] = [genotypes, expression, *([] if covariates is None else [covariates])]
    return Aligned(
        genotypes=genotypes,
        expression=expression,
        covariates=values,
        excluded=combine([source.excluded for source in sources] + [match.excluded]),
        notes=[note for source in sources for note in source.notes] + match.notes,
    )
