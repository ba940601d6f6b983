"""Outputs and exports in the hands of R, where it is installed: above all names and directions."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from genesis.findings.export import export
from tests.handmade import result_of
from tests.r_program import need_package, run_r

NAMES = ["HLA-DRB1", "1/2-SBSRNA4", "MT-CO1", "5' nuc", "#x", '"q" 5"', "a b", "=SUM(A1)", "T",
         "naïve β"]  # fmt: skip
VARIANTS = ["rs1", "#rs2", "7:1_A_'T"]
#: Log p-values: beyond the smallest double, near its smallest power of ten, and a plain one.
LOG_P = [-5000.0, -700.0, np.log(0.25)]


@pytest.fixture
def result():
    """Each gene acts on the next one: all directly but the last one, of which it is unknown."""
    rows = [
        {"gene_a": k, "gene_b": k + 1, "relation": 0, "witness": k % 3, "log_p": LOG_P[k % 3],
         "direct": [1, 1, 1, 1, 1, 1, 1, 0, -1][k], "posterior": 0.9, "effect": k / 8 - 0.5}
        for k in range(9)
    ]  # fmt: skip
    return result_of(rows, NAMES, VARIANTS)


READ = "x <- read.delim('FILE', check.names = FALSE);"


def test_text_says_what_holds_in_words_of_every_program(result, tmp_path):
    """Base R takes true and false for texts, of which none equals TRUE."""
    result.save(tmp_path / "run")
    rows = gzip.decompress((tmp_path / "run.relations.tsv.gz").read_bytes()).decode().split("\n")
    column = rows[0].split("\t").index("direct")
    assert [row.split("\t")[column] for row in rows[1:-1]] == ["TRUE"] * 7 + ["FALSE", "NA"]
    rows = gzip.decompress((tmp_path / "run.anchors.tsv.gz").read_bytes()).decode().split("\n")
    column = rows[0].split("\t").index("nearest")
    assert [row.split("\t")[column] for row in rows[1:-1]] == ["TRUE", "FALSE", "TRUE"]


@pytest.mark.parametrize("name", ["run.relations.tsv.gz", "edges"])
def test_r_reads_relations(name, result, tmp_path):
    result.save(tmp_path / "run")
    n = 9 if name.startswith("run") else 7
    export(result, "edgelist", tmp_path / "edges")
    lines = run_r(
        READ.replace("FILE", name)
        + "cat(nrow(x), sum(x$direct == TRUE, na.rm = TRUE), which(is.na(x$direct)), '\n');"
        "cat(x$gene_a, x$gene_b, sep = '\n');"
        "cat(class(x$direct), class(x$p_value), class(x$log10_p), class(x$effect), '\n');"
        "cat(x$witness, sep = '\n'); cat(format(x$p_value[1:3], digits = 6), '\n');"
        "cat(x$log10_p[1] < -2000, x$effect[1:3], all(is.na(x$p_direct)))",
        tmp_path,
    )
    assert lines[0].split() == [str(n), "7", *(["9"] if n == 9 else [])]
    assert lines[1 : 1 + 2 * n] == NAMES[:n] + NAMES[1 : n + 1]
    assert lines[1 + 2 * n].split() == ["logical", "numeric", "numeric", "numeric"]
    assert lines[2 + 2 * n : -2] == [VARIANTS[k % 3] for k in range(n)]
    p_values = [float(word) for word in lines[-2].split()]
    assert p_values == pytest.approx([0.0, np.exp(-700.0), 0.25], rel=1e-5, abs=0.0)
    assert lines[-1].split() == ["TRUE", "-0.5", "-0.375", "-0.25", "TRUE"]


def test_r_reads_the_matrix(result, tmp_path):
    result.save(tmp_path / "run")
    lines = run_r(
        "m <- as.matrix(read.delim('run.ancestrality.tsv.gz', row.names = 1,"
        " check.names = FALSE));"
        "stopifnot(identical(rownames(m), colnames(m)), is.numeric(m));"
        "cat(colnames(m), sep = '\n');"
        "cat(dim(m), m['HLA-DRB1', '1/2-SBSRNA4'], m['1/2-SBSRNA4', 'HLA-DRB1'],"
        " sum(is.na(m)), sum(m == 1, na.rm = TRUE))",
        tmp_path,
    )
    assert lines[:-1] == NAMES
    expected = result.ancestrality.to_numpy()
    counts = [np.isnan(expected).sum(), (expected == 1).sum()]
    assert lines[-1].split() == ["10", "10", "1", "0", *map(str, counts)]


def test_r_reads_anchors_and_what_was_left_out(result, tmp_path):
    result.save(tmp_path / "run")
    lines = run_r(
        READ.replace("FILE", "run.anchors.tsv.gz") + "cat(x$gene_id, x$variant_id, sep = '\n');"
        "cat(class(x$nearest), x$pos, format(x$pval_nominal[1]), x$slope[3], '\n');"
        + READ.replace("FILE", "run.excluded.tsv")
        + "cat(x$id, sep = '\n'); cat(x$detail[1])",
        tmp_path,
    )
    assert lines[:6] == NAMES[:3] + VARIANTS
    assert lines[6].split() == ["logical", "10", "11", "12", "1e-200", "1"]
    assert lines[7:] == [*result.excluded["id"], "0.01 < 0.05"]


def test_r_reads_regulons(result, tmp_path):
    export(result, "regulons", tmp_path / "regulons.tsv")
    lines = run_r(
        READ.replace("FILE", "regulons.tsv")
        + "cat(names(x), x$weight, '\n'); cat(x$source, x$target, sep = '\n')",
        tmp_path,
    )
    rows = [k for k in range(7) if k != 4]  # Of no sign is an effect of 0.
    assert lines[0].split() == ["source", "target", "weight", *(f"{k / 8 - 0.5:g}" for k in rows)]
    assert lines[1:] == [NAMES[k] for k in rows] + [NAMES[k + 1] for k in rows]


@pytest.mark.parametrize("to", ["graphml", "gml"])
def test_igraph_of_r_reads_the_graph(to, result, tmp_path):
    need_package("igraph", tmp_path)
    export(result, to, tmp_path / f"graph.{to}", genes=["MT-CO1"])
    lines = run_r(
        f"g <- igraph::read_graph('graph.{to}', '{to}'); e <- igraph::as_edgelist(g);"
        "cat(igraph::is_directed(g), igraph::E(g)$effect, '\n'); cat(t(e), sep = '\n')",
        tmp_path,
    )
    assert lines[0].split() == ["TRUE", "-0.375", "-0.25"]
    assert lines[1:] == ["1/2-SBSRNA4", "MT-CO1", "MT-CO1", "5' nuc"]


def test_jsonlite_reads_the_record_and_the_constraints(result, tmp_path):
    need_package("jsonlite", tmp_path)
    result.save(tmp_path / "run")
    lines = run_r(
        "cat(jsonlite::fromJSON('run.constraints.json')$nodes, sep = '\n');"
        "cat(jsonlite::fromJSON('run.run.json')$options$alpha)",
        tmp_path,
    )
    assert lines == [*NAMES, "0.05"]


def confounded():
    """Z → A → B → C and Z → C, and a gene without an edge whose name holds a quote."""
    edges = [(0, 1), (1, 2), (3, 0), (3, 2)]
    rows = [{"gene_a": a, "gene_b": b, "relation": 0, "direct": 1} for a, b in edges]
    return result_of(rows, ["HLA-A", "B 1", "C:1", "Z", "5' nuc"])


def test_dagitty_finds_what_to_adjust_for(tmp_path):
    need_package("dagitty", tmp_path)
    export(confounded(), "dagitty", tmp_path / "graph.txt")
    lines = run_r(
        "g <- dagitty::dagitty(paste(readLines('graph.txt', encoding = 'UTF-8'),"
        " collapse = '\n'));"
        "sets <- dagitty::adjustmentSets(g, exposure = 'B 1', outcome = 'C:1');"
        "cat(sort(unlist(sets)), '\n');"
        "cat(length(dagitty::adjustmentSets(g, exposure = 'C:1', outcome = 'B 1')), '\n');"
        "cat(sort(names(g)), sep = '\n')",
        tmp_path,
    )
    # B 1 ← HLA-A ← Z → C:1 is blocked by either; the effect of C:1 on its cause by none.
    assert [line.strip() for line in lines[:2]] == ["HLA-A Z", "0"]
    assert sorted(lines[2:]) == sorted(["HLA-A", "B 1", "C:1", "Z", "5' nuc"])
