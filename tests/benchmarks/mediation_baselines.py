"""Other ways to tell which molecules act on a trait, to compare with.

Each looks at one molecule, one trait and the variants of the molecule's locus. Arrays of
correlations have one row a molecule and one column a trait: ``r_xm`` (n_molecules, 1) of lead
variant and molecule, ``r_xy`` of lead variant and trait, ``r_my`` of molecule and trait.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

#: Causal models of a variant X, a molecule M and a trait Y: what acts on M, and on Y.
MODELS = {
    "none": ("", ""),
    "variant on molecule": ("x", ""),
    "variant on trait": ("", "x"),
    "co-local": ("x", "x"),
    "molecule on trait": ("", "m"),
    "complete mediation": ("x", "m"),
    "molecule and variant on trait": ("", "xm"),
    "partial mediation": ("x", "xm"),
    "trait on molecule": ("y", ""),
    "trait and variant on molecule": ("xy", ""),
    "complete reactive": ("y", "x"),
    "partial reactive": ("xy", "x"),
}
#: Those in which the trait does not act on the molecule.
FORWARD = tuple(name for name, (into_m, _) in MODELS.items() if "y" not in into_m)
#: Standard deviation of an effect, by that of the trait (Wakefield 2009, Genet Epidemiol 33:79).
PRIOR_SD = 0.15
#: Priors that a variant acts on one of the two, and on both (Giambartolomei et al. 2014, PLoS
#: Genet 10:e1004383).
P_ONE, P_BOTH = 1e-4, 1e-5


def sobel(r_xm: np.ndarray, r_xy: np.ndarray, r_my: np.ndarray, n: int) -> np.ndarray:
    """Z of the product of variant → molecule and molecule → trait given the variant.

    Sobel 1982, Sociological Methodology 13:290.
    """
    left = 1 - r_xm**2
    b = (r_my - r_xm * r_xy) / left
    var_a = left / (n - 2)
    var_b = (1 - r2_of_two(r_xy, r_my, r_xm)) / ((n - 3) * left)
    return r_xm * b / np.sqrt(r_xm**2 * var_b + b**2 * var_a)


def r2_of_two(r_first: np.ndarray, r_second: np.ndarray, r_between: np.ndarray) -> np.ndarray:
    """Share of variance that two correlated predictors explain."""
    return (r_first**2 + r_second**2 - 2 * r_first * r_second * r_between) / (1 - r_between**2)


def log_bayes_factor(r2: np.ndarray, n: int, k: int) -> np.ndarray:
    """Log of the marginal likelihood of a regression by that of the intercept alone.

    Zellner's g-prior with g = n, a flat prior of the intercept and 1/σ² of the variance
    (Liang et al. 2008, JASA 103:410, equation 6).
    """
    g = float(n)
    return 0.5 * (n - 1 - k) * np.log1p(g) - 0.5 * (n - 1) * np.log1p(g * (1 - r2))


def triple_posteriors(
    r_xm: np.ndarray,
    r_xy: np.ndarray,
    r_my: np.ndarray,
    n: int,
    models: tuple[str, ...] = FORWARD,
) -> dict[str, np.ndarray]:
    """Posterior of each causal model of variant, molecule and trait, all alike a priori.

    The models are those of Crouse et al. 2022, PLoS Genet 18:e1010184.
    """
    zero = np.zeros(np.broadcast_shapes(np.shape(r_xm), np.shape(r_xy), np.shape(r_my)))
    of_m = {
        "": zero,
        "x": log_bayes_factor(r_xm**2 + zero, n, 1),
        "y": log_bayes_factor(r_my**2 + zero, n, 1),
        "xy": log_bayes_factor(r2_of_two(r_xm, r_my, r_xy) + zero, n, 2),
    }
    of_y = {
        "": zero,
        "x": log_bayes_factor(r_xy**2 + zero, n, 1),
        "m": log_bayes_factor(r_my**2 + zero, n, 1),
        "xm": log_bayes_factor(r2_of_two(r_xy, r_my, r_xm) + zero, n, 2),
    }
    log = np.array([of_m[MODELS[name][0]] + of_y[MODELS[name][1]] for name in models])
    share = np.exp(log - logsumexp(log, axis=0))
    return dict(zip(models, share, strict=True))


def two_stage(
    instruments: np.ndarray, molecule: np.ndarray, traits: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two-stage least squares: effects of a molecule on traits, and their standard errors.

    Columns of `instruments` and `traits`, and the molecule, have mean zero.
    """
    fitted = instruments @ np.linalg.lstsq(instruments, molecule, rcond=None)[0]
    size = fitted @ fitted
    effect = fitted @ traits / size
    rest = traits - np.outer(molecule, effect)
    return effect, np.sqrt((rest**2).sum(axis=0) / (len(molecule) - 2) / size)


def chosen_instruments(
    variants: np.ndarray, molecule: np.ndarray, z_least: float = 4.0, most: int = 3
) -> list[int]:
    """The lead variant, and others that have an effect beside those before them.

    All have mean zero; correlations are partial ones, by Fisher's z.
    """
    chosen: list[int] = []
    left, columns = molecule, variants
    while len(chosen) < min(most, variants.shape[1]):
        spread = np.sqrt((columns**2).sum(axis=0))
        # Variants in full disequilibrium with one that was chosen have nothing left.
        free = spread > 1e-6 * np.sqrt((variants**2).sum(axis=0))
        r = np.zeros(len(spread))
        r[free] = left @ columns[:, free] / (spread[free] * np.sqrt(left @ left))
        best = int(np.argmax(np.abs(r)))
        z = np.arctanh(min(abs(r[best]), 1 - 1e-12)) * np.sqrt(len(left) - 3 - len(chosen))
        if chosen and z < z_least:
            break
        unit = columns[:, best] / spread[best]
        left = left - unit * (unit @ left)
        columns = columns - np.outer(unit, unit @ columns)
        chosen.append(best)
    return chosen


def log_abf(effect: np.ndarray, variance: np.ndarray, prior_sd: float = PRIOR_SD) -> np.ndarray:
    """Log of Wakefield's approximate Bayes factor of an association, against none."""
    shrinkage = prior_sd**2 / (prior_sd**2 + variance)
    return 0.5 * np.log1p(-shrinkage) + 0.5 * shrinkage * effect**2 / variance


def colocalisation(
    first: np.ndarray, second: np.ndarray, p_one: float = P_ONE, p_both: float = P_BOTH
) -> np.ndarray:
    """Posterior that one variant of the locus acts on both, H4 of at most one causal variant each.

    Rows of `first` and `second` are variants: log Bayes factors of molecule and trait.
    """
    first, second = np.broadcast_arrays(first, second)
    all_first, all_second = logsumexp(first, axis=0), logsumexp(second, axis=0)
    both = logsumexp(first + second, axis=0)
    # Of two different variants: all pairs without those of a variant with itself.
    same = np.exp(np.minimum(both - all_first - all_second, 0.0))
    with np.errstate(divide="ignore"):
        apart = all_first + all_second + np.log1p(-same)
    log = np.array(
        [
            np.zeros_like(both),
            np.log(p_one) + all_first,
            np.log(p_one) + all_second,
            2 * np.log(p_one) + apart,
            np.log(p_both) + both,
        ]
    )
    return np.exp(log[4] - logsumexp(log, axis=0))
