"""``PREFIX.report.html``: one file that holds all it shows and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genesis._version import __version__
from genesis.engine.extras import check_report_extras, load_extra
from genesis.errors import DegenerateDataError
from genesis.io.ids import counted
from genesis.io.output_set import write_one
from genesis.report import summary
from genesis.report.evidence_panels import claim_rows, evidence_panels
from genesis.report.locus_rows import locus_rows
from genesis.report.matrix_image import MOST_CELLS
from genesis.report.network import draw_claims
from genesis.report.style import data_uri
from genesis.report.summary_lines import direct_line, relation_rows, sampling_lines, share_text
from genesis.trust.judge import judge

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["render_report", "write_report"]

#: Claims in the table, arrows of the network, and pairs of a locus and a gene in their table.
TABLE_CLAIMS, NETWORK_CLAIMS, TABLE_LOCI = 1_000, 150, 200
#: Height of a step in the network, in pixels, bounds of its width, and the width of a letter.
_STEP_HEIGHT, _STEP_WIDTHS, _LETTER = 84, (84, 160), 8
#: Letters of a name that the network shows, and the size of the drawing on a usual screen; width
#: over height that it aims at.
MOST_LETTERS, _SCREEN, _ASPECT = 18, (1100, 730), 2.5


def write_report(result: Findings, path: str | Path, *, force: bool = False) -> Path:
    """Write the report of a result as one HTML file, whole or not at all.

    The file holds its figures, style, script and data; a browser opens it without a network.
    Names of genes, samples and variants are text in it, whatever they contain.

    Parameters
    ----------
    result : Findings
        A result of `genesis.discover` or `genesis.load`.
    path : str or Path
        File to write.
    force : bool
        A file that exists is replaced.

    Raises
    ------
    CommandLineError
        jinja2 or matplotlib is not installed (extra ``report``).
    OutputWriteError
        The file exists and `force` is false, or the disk cannot take it.

    Examples
    --------
    >>> import tempfile
    >>> import genesis
    >>> rng = np.random.default_rng(1)
    >>> z = rng.binomial(2, 0.4, size=(500, 2)).astype(float)
    >>> a = z[:, 0] + rng.normal(size=500)
    >>> result = genesis.discover(z, np.column_stack([a, a + z[:, 1] + rng.normal(size=500)]))
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = write_report(result, f"{directory}/report.html")
    ...     path.read_text(encoding="utf-8")[:15]
    '<!doctype html>'
    """
    text = render_report(result)

    def write(to: Path) -> None:
        to.write_text(text, encoding="utf-8")

    return write_one(path, write, force=force)


def render_report(result: Findings) -> str:
    """The report of a result as the text of an HTML file.

    Parameters
    ----------
    result : Findings

    Raises
    ------
    CommandLineError
        jinja2 or matplotlib is not installed.
    """
    check_report_extras()
    jinja2 = load_extra("jinja2", "a report", "report")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        loader=jinja2.FunctionLoader(_resource),
    )
    environment.filters["plain"] = summary.plain
    script, style = _resource("report.js"), _resource("report.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    # Nothing may be fetched, and no script may run but the one below.
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
        f"form-action 'none'; script-src 'sha256-{digest}'"
    )
    markup = load_extra("markupsafe", "a report", "report").Markup
    text = environment.get_template("report.html.jinja").render(
        **_content(result),
        policy=policy,
        style=markup(style),
        script=markup(script),
        most_letters=MOST_LETTERS,
        json=lambda value: markup(_json(value)),
    )
    return str(text)


def _resource(name: str) -> str:
    return files("genesis.report").joinpath("page", name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON that no HTML parser takes for the end of its element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _content(result: Findings) -> dict[str, Any]:
    run = result.run
    options = run.get("options", {})
    calibrated = "calibrated" in run
    strongest = result.pairs.strongest(TABLE_CLAIMS)
    claims = claim_rows(result, strongest)
    network = _network(result)
    genes = np.concatenate(
        [
            result.pairs.gene_a[strongest],
            result.pairs.gene_b[strongest],
            np.array([node["gene"] for node in network["nodes"]], dtype=np.int32),
        ]
    )
    title, head, rows = relation_rows(result)
    loci, n_loci = locus_rows(result, TABLE_LOCI)
    return {
        "version": run.get("genesis", __version__),
        "method": options.get("method", "rules"),
        "calibrated": calibrated,
        "tiles": _tiles(result),
        "trust": judge(result),
        "relation_title": title,
        "relation_head": head,
        "relation_rows": rows,
        "sentences": _sentences(result),
        "claims": claims,
        "n_claims": result.counts["ancestor"],
        "loci": loci,
        "n_loci": n_loci,
        "network": network,
        "panels": evidence_panels(result, genes),
        "figures": _figures(result),
        "kept": summary.kept_rows(result),
        "excluded": summary.exclusion_rows(result),
        "verdict": _self_test(result).get("verdict", ""),
        "chains": summary.chain_rows(result),
        "inputs": summary.inputs_rows(result),
        "reading": run.get("reading", {}),
        "preparation": summary.preparation_record(result),
        "counts": run.get("counts", {}),
        "options": options,
        "seconds": run.get("seconds", {}),
        "notes": run.get("notes", []),
        "command": run.get("command"),
    }


def _tiles(result: Findings) -> list[tuple[str, str]]:
    """The numbers at the head of the page."""
    counts, found = result.run.get("counts", {}), result.counts
    tiles = [(f"{counts[name]:,}", name) for name in ("samples", "variants") if counts.get(name)]
    tiles.append((f"{len(result.genes):,}", "genes"))
    tiles.append((f"{found['ancestor']:,}", "ancestor claims"))
    rate = result.run.get("calibrated", {}).get("expected_fdr", {}).get("ancestor")
    if rate is not None:
        tiles.append((share_text(rate), "expected share of false ones"))
    tiles.append((f"{found['unresolved']:,}", "unresolved pairs"))
    return tiles


def _sentences(result: Findings) -> list[str]:
    sentences = [direct_line(result)]
    if result.n_unlisted:
        sentences.append(
            f"{counted(result.n_unlisted, 'unrelated pair', ',')}: 0 in the matrix, not listed in "
            "the relations."
        )
    return [*sentences, *sampling_lines(result)]


def _network(result: Findings) -> dict[str, Any]:
    """Nodes and arrows with their places in pixels."""
    usual = np.quantile([len(name) for name in result.gene_ids] or [0], 0.9)
    step = np.array([np.clip(_LETTER * usual + 16, *_STEP_WIDTHS), _STEP_HEIGHT])
    drawing = draw_claims(result, NETWORK_CLAIMS, aspect=_ASPECT * step[1] / step[0])
    if not len(drawing.gene):
        return {"nodes": [], "arrows": [], "width": 0, "height": 0, "only_direct": True}
    xy = drawing.xy * step + step * (0.9, 0.5)
    width, height = xy.max(axis=0) + step * (0.9, 0.6)
    names = [str(name) for name in result.gene_ids[drawing.gene]]
    scale = min(_SCREEN[0] / width, _SCREEN[1] / height)
    named = _named(names, xy, drawing.arrows, _LETTER * min(max(0.85 / scale, 1.0), 1.7))
    posterior = result.pairs.posterior[drawing.row]
    nodes = [
        {
            "gene": int(gene),
            "name": names[at],
            "x": round(float(x), 1),
            "y": round(float(y), 1),
            "role": role,
            "named": at in named,
        }
        for at, (gene, (x, y), role) in enumerate(zip(drawing.gene, xy, drawing.role, strict=True))
    ]
    arrows = [
        {
            "from": a,
            "to": b,
            "path": _arrow_path(xy[a], xy[b], drawing.bend[at]),
            "posterior": None if np.isnan(posterior[at]) else f"{posterior[at]:.3f}",
        }
        for at, (a, b) in enumerate(drawing.arrows.tolist())
    ]
    return {
        "nodes": nodes,
        "arrows": arrows,
        "width": round(float(width)),
        "height": round(float(height)),
        "only_direct": drawing.only_direct,
    }


def _named(names: list[str], xy: np.ndarray, arrows: np.ndarray, letter: float) -> set[int]:
    """Genes whose names are shown at first: those with most arrows, where there is room."""
    degree = np.bincount(arrows.ravel(), minlength=len(names))
    named: list[int] = []
    for at in np.argsort(-degree, kind="stable").tolist():
        apart = np.abs(xy[named] - xy[at]) if named else np.full((1, 2), np.inf)
        lengths = [min(len(names[k]), MOST_LETTERS) for k in (*named, at)]
        room = letter * (np.array(lengths[:-1] or [0]) + lengths[-1]) / 2
        if ((apart[:, 1] > _STEP_HEIGHT / 2) | (apart[:, 0] > room)).all():
            named.append(at)
    return set(named)


def _arrow_path(start: np.ndarray, end: np.ndarray, bend: float) -> str:
    """An arrow from near one gene to near another, as a path of SVG."""
    dx, dy = end - start
    middle = (start + end) / 2 + bend * np.array([dy, -dx])
    ends = []
    for place, gap in ((start, 9.0), (end, 11.0)):
        away = middle - place
        ends.append(place + gap * away / max(float(np.hypot(*away)), 1e-9))
    (x1, y1), (x2, y2) = ends
    return f"M{x1:.1f} {y1:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {x2:.1f} {y2:.1f}"


def _self_test(result: Findings) -> dict[str, Any]:
    """What the record says of claims tested in other samples."""
    return result.run.get("self_test") or {}


def _figures(result: Findings) -> dict[str, dict[str, str]]:
    """Each figure as an image with words for those who do not see it, or why there is none."""
    from genesis.report.plots import Plots

    plot = Plots(result)
    n_genes = len(result.genes)
    blocks = (
        f" Of more than {MOST_CELLS:,} genes blocks are shown: how many of their pairs are claimed."
        if n_genes > MOST_CELLS
        else " Grey: unresolved."
    )
    wanted: dict[str, tuple[Callable[[], Any], str]] = {
        "heatmap": (
            plot.heatmap,
            "The ancestrality matrix: row before column. Genes with most descendants come first, "
            f"so that claims lie above the diagonal.{blocks}",
        ),
        "posteriors": (
            plot.posteriors,
            "Posteriors of ordered pairs. Certain answers lie at the ends, doubtful ones between.",
        ),
        "fdr": (
            plot.fdr,
            "The expected share of false claims, if claims were made down to here: the mean of "
            "1 − posterior. It holds as far as the model does.",
        ),
        "anchors": (
            plot.anchors,
            "Variants that anchor a gene. A gene without one can be placed only by what others "
            "tell.",
        ),
        "qq": (
            plot.qq,
            "p-values of single variants against single genes. Cis pairs should rise above the "
            "diagonal at the end, distant ones follow it.",
        ),
        "allele_frequencies": (
            plot.allele_frequencies,
            "Frequency of the ALT allele of the variants analysed.",
        ),
        "missing_of_variants": (plot.missingness, "Missing calls of the variants analysed."),
        "missing_of_samples": (
            lambda: plot.missingness(of="samples"),
            "Missing calls of the samples at these variants.",
        ),
        "expression_pca": (
            plot.expression_pca,
            "Samples on the first two components of expression, cleared of covariates. Groups or "
            "samples apart point to a batch, or to a sample that went wrong.",
        ),
        "components": (
            plot.components,
            "Components that stand out are hidden factors, or a regulator of many genes.",
        ),
    }
    if _self_test(result).get("bins"):
        wanted["replication"] = (
            plot.replication,
            "The share of the effects predicted by claims of one part of the samples that the "
            "others show, by posterior, with 95 % intervals and numbers of claims. On the diagonal "
            "posteriors are right; at 0 the genes go together and do not act on each other. Hollow "
            "points rest on too little to tell.",
        )
    found = {}
    for name, (draw, caption) in wanted.items():
        try:
            found[name] = {"uri": data_uri(draw(), name), "caption": caption, "reason": ""}
        except DegenerateDataError as error:
            found[name] = {"uri": "", "caption": caption, "reason": str(error)}
    return found
