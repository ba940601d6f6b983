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
from genesis.report.layer_drawing import layer_names
from genesis.report.layer_views import genes_of_layers, layer_views
from genesis.report.locus_rows import locus_rows
from genesis.report.matrix_image import MOST_CELLS
from genesis.report.network_views import network_views
from genesis.report.style import data_uri, with_minus
from genesis.report.summary_lines import (
    direct_line,
    node_counts,
    relation_rows,
    run_date,
    sampling_lines,
    share_text,
)
from genesis.report.trait_pages import genes_of_pages, trait_pages
from genesis.trust.judge import judge

if TYPE_CHECKING:
    from genesis.findings.findings import Findings

__all__ = ["render_report", "write_report"]

#: Claims in the table, and pairs of a locus and a gene in their table.
TABLE_CLAIMS, TABLE_LOCI = 1_000, 200


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
    name = Path(path).name.removesuffix(".html").removesuffix(".report")
    text = render_report(result, name)

    def write(to: Path) -> None:
        to.write_text(text, encoding="utf-8")

    return write_one(path, write, force=force)


def render_report(result: Findings, name: str = "") -> str:
    """The report of a result as the text of an HTML file.

    Parameters
    ----------
    result : Findings
    name : str
        Of the run, for the head of the page.

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
    environment.filters["signed"] = with_minus
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
        name=name,
        policy=policy,
        style=markup(style),
        script=markup(script),
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
    network = network_views(result)
    layered, traits = layer_views(result), trait_pages(result)
    genes = np.concatenate(
        [
            result.pairs.gene_a[strongest],
            result.pairs.gene_b[strongest],
            np.array([node["gene"] for node in network["nodes"]], dtype=np.int32),
            genes_of_layers(layered),
            genes_of_pages(traits),
        ]
    )
    title, head, rows = relation_rows(result)
    loci, n_loci = locus_rows(result, TABLE_LOCI)
    return {
        "version": run.get("genesis", __version__),
        "date": run_date(result),
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
        "several_layers": bool(layer_names(result)),
        "layered": layered,
        "traits": traits,
        "places": _first_places(network),
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


def _first_places(network: dict[str, Any]) -> dict[int, tuple[float, float, str]]:
    """Where genes are, and their roles, as long as no script asks for another view."""
    if not network["nodes"]:
        return {}
    view = network["views"]["wide"][network["first"]]
    return {node: (x, y, role) for node, x, y, role in view["nodes"]}


def _tiles(result: Findings) -> list[tuple[str, str]]:
    """The numbers at the head of the page."""
    counts, found = result.run.get("counts", {}), result.counts
    tiles = [(f"{counts[name]:,}", name) for name in ("samples", "variants") if counts.get(name)]
    tiles += [(f"{n:,}", f"{what}s") for n, what in node_counts(result)]
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
        else ""
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
        "trace": (
            plot.trace,
            "The log density of the graphs that each chain counted. Chains that draw from one "
            "distribution look alike; pale ones weigh little.",
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
        "heterozygosity": (
            plot.heterozygosity,
            "Samples by their heterozygous and missing calls. Too many heterozygous calls point to "
            "a contaminated sample, too few to inbreeding.",
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
