"""Make the example data of this folder again: ``python data/make_example.py [FOLDER]``.

310 people of two populations that split 300 generations ago, five chromosomes of 10 Mb with
linkage disequilibrium from the coalescent with recombination (msprime), and the expression of
150 genes that act on each other along a sparse acyclic graph, most of them under the influence
of a SNP or two nearby. Sex, age, batch and population act on expression too.

The files have the blemishes of real ones, so that a run shows what is done about them:

* samples in another order in every file, five only in the VCF and five only in the expression
  table;
* missing calls, half-calls, sites with three alleles, rare variants, records without an id,
  two copies of one record;
* three gene positions without expression, two genes without a position, one gene that is not
  expressed at all, and a few missing expression values.

Proteins of 20 of the genes and three traits of the same people are made from these files, with
random numbers of their own. `ldl` is raised by one protein, and by a variant that acts on another
gene as well; `disease` (0 or 1) is brought on by a gene; nothing measured acts on `height`.

The same seed gives the same files. Needs msprime and pysam.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import msprime
import networkx as nx
import numpy as np
import pandas as pd
import pysam

SEED = 2025
N_SAMPLES = 310
N_ONE_SIDED = 5  # samples in only one of genotypes and expression, on each side
CHROMOSOMES = ["chr1", "chr2", "chr3", "chr4", "chr5"]
CHROMOSOME_LENGTH = 10_000_000
GENES_PER_CHROMOSOME = 30
COMMON_PER_CHROMOSOME = 1_100
RARE_PER_CHROMOSOME = 60
HOT_SPOTS_PER_CHROMOSOME = 12  # single positions that mutate often: most get three alleles
CIS_DISTANCE = 100_000
GENES_PER_PATHWAY = 10
PARENTS_PER_GENE = 1.6
MAX_PARENTS = 3
LAYERS_SEED = 2026
LDL_PROTEIN = "GENE126"  # acts on ldl as a protein
LDL_PLEIOTROPIC = "GENE047"  # its lead variant acts on ldl, beside the gene
DISEASE_GENE = "GENE030"
N_PROTEINS = 20


@dataclass
class Site:
    """One VCF record: its alleles and, for each sample, two allele numbers (-1: not called)."""

    chrom: str
    pos: int
    name: str
    alleles: list[str]
    calls: np.ndarray

    @property
    def dosage(self) -> np.ndarray:
        return np.asarray(self.calls == 1).sum(axis=1)


def main(folder: Path) -> None:
    rng = np.random.default_rng(SEED)
    samples = [f"S{number:03d}" for number in range(1, N_SAMPLES + 1)]
    sites = [site for chrom in CHROMOSOMES for site in simulate_chromosome(chrom, rng)]
    genes = place_genes(rng)
    network = draw_network(list(genes["gene_id"]), rng)
    components = principal_components(sites)
    background = draw_background(components[:, 0], rng)
    expression = simulate_expression(sites, genes, network, background, rng)

    genotyped = rng.permutation(N_SAMPLES)[N_ONE_SIDED:]
    not_genotyped = np.setdiff1d(np.arange(N_SAMPLES), genotyped)
    measured = rng.permutation(np.append(not_genotyped, genotyped[N_ONE_SIDED:]))

    folder.mkdir(parents=True, exist_ok=True)
    write_truth(folder / "truth.tsv", network)
    blemish_calls(sites, rng)
    write_genotypes(folder / "genotypes.vcf.gz", sites, samples, genotyped)
    write_expression(folder / "expression.tsv.gz", genes, expression, samples, measured, rng)
    write_positions(folder / "genes.bed", genes, rng)
    write_covariates(folder / "covariates.tsv", background, components, samples, np.sort(genotyped))
    add_layers(folder)


def simulate_chromosome(chrom: str, rng: np.random.Generator) -> list[Site]:
    """The sites of one chromosome that a genotyping array could have picked."""
    seeds = rng.integers(1, 2**31, size=2)
    hot = np.sort(rng.choice(CHROMOSOME_LENGTH - 1, HOT_SPOTS_PER_CHROMOSOME, replace=False))
    demography = msprime.Demography.isolated_model([10_000, 10_000])
    demography.add_population(name="old", initial_size=10_000)
    demography.add_population_split(time=300, derived=["pop_0", "pop_1"], ancestral="old")
    trees = msprime.sim_ancestry(
        {"pop_0": N_SAMPLES // 2, "pop_1": N_SAMPLES - N_SAMPLES // 2},
        demography=demography,
        sequence_length=CHROMOSOME_LENGTH,
        recombination_rate=1e-8,
        random_seed=int(seeds[0]),
    )
    rates = msprime.RateMap(
        position=np.concatenate([[0], np.ravel([hot, hot + 1], order="F"), [CHROMOSOME_LENGTH]]),
        # Below the human 1e-8: an array would pass over most sites anyway.
        rate=np.append(np.tile([4e-9, 2e-5], len(hot)), 4e-9),
    )
    mutated = msprime.sim_mutations(trees, rate=rates, random_seed=int(seeds[1]))
    return choose_sites(chrom, mutated, rng)


def choose_sites(chrom: str, trees: msprime.TreeSequence, rng: np.random.Generator) -> list[Site]:
    """Common sites, some rare ones, and those with three alleles, in order of position."""
    calls, alleles, positions = [], [], []
    for variant in trees.variants():
        count = np.bincount(variant.genotypes, minlength=len(variant.alleles))
        seen = [int(allele) for allele in np.flatnonzero(count)]
        if len(seen) > 1 and seen[0] == 0:  # the reference allele itself must still be there
            calls.append(np.searchsorted(seen, variant.genotypes).reshape(N_SAMPLES, 2))
            alleles.append([variant.alleles[allele] for allele in seen])
            positions.append(int(variant.site.position) + 1)
    frequency = np.array([np.mean(call > 0) for call in calls])
    n_alleles = np.array([len(allele) for allele in alleles])
    minor = np.minimum(frequency, 1 - frequency)
    common = rng.choice(
        np.flatnonzero((minor >= 0.05) & (n_alleles == 2)), COMMON_PER_CHROMOSOME, replace=False
    )
    rare = rng.choice(
        np.flatnonzero((minor > 0.005) & (minor < 0.05) & (n_alleles == 2)),
        RARE_PER_CHROMOSOME,
        replace=False,
    )
    several = np.flatnonzero((minor >= 0.05) & (n_alleles > 2))
    return [
        Site(chrom, positions[k], f"{chrom}_snp{number:04d}", alleles[k], calls[k])
        for number, k in enumerate(np.sort(np.concatenate([common, rare, several])), start=1)
    ]


def place_genes(rng: np.random.Generator) -> pd.DataFrame:
    """Genes about evenly spaced along the chromosomes, in BED coordinates."""
    spacing = CHROMOSOME_LENGTH // GENES_PER_CHROMOSOME
    n_genes = GENES_PER_CHROMOSOME * len(CHROMOSOMES)
    start = np.tile(np.arange(GENES_PER_CHROMOSOME) * spacing, len(CHROMOSOMES))
    start += rng.integers(50_000, spacing - 100_000, size=n_genes)
    return pd.DataFrame(
        {
            "chrom": np.repeat(CHROMOSOMES, GENES_PER_CHROMOSOME),
            "start": start,
            "end": start + rng.integers(3_000, 60_000, size=n_genes),
            "gene_id": [f"GENE{number:03d}" for number in range(1, n_genes + 1)],
            "strand": rng.choice(["+", "-"], size=n_genes),
        }
    )


def draw_network(gene_ids: list[str], rng: np.random.Generator) -> nx.DiGraph:
    """A random acyclic graph; a gene's number among GENE001... says nothing about its place.

    Genes act within pathways of ten. Edges carry `effect`, in standard deviations of the
    descendant for one of the ancestor.
    """
    order = rng.permutation(gene_ids)
    network = nx.DiGraph()
    network.add_nodes_from(str(gene) for gene in order)
    for place, gene in enumerate(order):
        upstream = order[place - place % GENES_PER_PATHWAY : place]
        n_parents = min(int(rng.poisson(PARENTS_PER_GENE)), MAX_PARENTS, len(upstream))
        for parent in rng.choice(upstream, n_parents, replace=False):
            effect = rng.uniform(0.35, 0.65) * rng.choice([-1, 1])
            network.add_edge(str(parent), str(gene), effect=effect)
    return network


def draw_background(ancestry: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """What acts on expression beside genes and SNPs, one row a sample."""
    return pd.DataFrame(
        {
            "sex": rng.choice(["female", "male"], size=N_SAMPLES),
            "age": rng.integers(20, 80, size=N_SAMPLES),
            "batch": rng.choice(["b1", "b2", "b3"], size=N_SAMPLES),
            "ancestry": ancestry,
        }
    )


def principal_components(sites: list[Site], n_components: int = 3) -> np.ndarray:
    """Scores of the common variants' first components; the largest loading is positive."""
    dosages = np.column_stack([site.dosage for site in sites if len(site.alleles) == 2])
    scaled = standardise(dosages[:, dosages.std(axis=0) > 0.3])
    scores = np.linalg.svd(scaled, full_matrices=False)[0][:, :n_components]
    extreme = scores[np.argmax(np.abs(scores), axis=0), np.arange(n_components)]
    return np.asarray(scores * np.sign(extreme))


def simulate_expression(
    sites: list[Site],
    genes: pd.DataFrame,
    network: nx.DiGraph,
    background: pd.DataFrame,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Standardised expression, samples by genes; sets each edge's effect to its final scale."""
    nuisance = standardise(pd.get_dummies(background).to_numpy(dtype=float))
    expression: dict[str, np.ndarray] = {}
    places = {gene.gene_id: gene for gene in genes.itertuples()}
    for gene in nx.topological_sort(network):
        parents = list(network.predecessors(gene))
        regulated = np.zeros(N_SAMPLES)
        for parent in parents:
            regulated += network.edges[parent, gene]["effect"] * expression[parent]
        place = places[gene]
        genetic = cis_effect(sites, place.chrom, place.start, place.end, rng)
        disturbed = nuisance @ rng.normal(0, 0.12, size=nuisance.shape[1])
        left = max(0.25, 1 - genetic.var() - regulated.var() - disturbed.var())
        noise = np.sqrt(left) * rng.standard_normal(N_SAMPLES)
        total = regulated + genetic + disturbed + noise
        expression[gene] = (total - total.mean()) / total.std()
        for parent in parents:
            network.edges[parent, gene]["effect"] /= total.std()
    return pd.DataFrame({gene: expression[gene] for gene in genes["gene_id"]})


def cis_effect(
    sites: list[Site], chrom: str, start: int, end: int, rng: np.random.Generator
) -> np.ndarray:
    """The effect of one or two SNPs near a gene, a tenth to four tenths of its variance.

    One gene in ten has none.
    """
    if rng.random() < 0.1:
        return np.zeros(N_SAMPLES)
    near = [
        site
        for site in sites
        if site.chrom == chrom
        and start - CIS_DISTANCE <= site.pos <= end + CIS_DISTANCE
        and len(site.alleles) == 2
        and site.dosage.std() > 0.4
    ]
    chosen = rng.choice(len(near), size=rng.choice([1, 2]), replace=False)
    effect = standardise(np.column_stack([near[k].dosage for k in chosen])).sum(axis=1)
    return np.asarray(np.sqrt(rng.uniform(0.1, 0.4)) * effect / effect.std())


def standardise(columns: np.ndarray) -> np.ndarray:
    return np.asarray((columns - columns.mean(axis=0)) / columns.std(axis=0))


def blemish_calls(sites: list[Site], rng: np.random.Generator) -> None:
    """Take calls away, break some in half, drop ids and repeat a record, in place."""
    numbers = rng.permutation(len(sites))
    for k in numbers[:600]:  # a few calls missing
        sites[k].calls[rng.random(N_SAMPLES) < 0.01] = -1
    for k in numbers[600:630]:  # too many calls missing
        sites[k].calls[rng.random(N_SAMPLES) < 0.25] = -1
    for k in numbers[630:670]:  # half-calls
        sites[k].calls[rng.random(N_SAMPLES) < 0.01, 0] = -1
    for k in numbers[670:700]:
        sites[k].name = "."
    repeated = int(numbers[700])
    sites.insert(repeated + 1, sites[repeated])


def write_genotypes(path: Path, sites: list[Site], samples: list[str], columns: np.ndarray) -> None:
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=PASS,Description="All filters passed">']
    lines += [f"##contig=<ID={chrom},length={CHROMOSOME_LENGTH}>" for chrom in CHROMOSOMES]
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">')
    head = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT"]
    lines.append("\t".join(head + [samples[k] for k in columns]))
    for site in sites:
        # Unphased calls are written with the smaller allele first, an uncalled one before it.
        calls = np.sort(site.calls[columns], axis=1).tolist()
        fixed = [site.chrom, str(site.pos), site.name, site.alleles[0], ",".join(site.alleles[1:])]
        texts = ["/".join("." if allele < 0 else str(allele) for allele in call) for call in calls]
        lines.append("\t".join([*fixed, ".", "PASS", ".", "GT", *texts]))
    with pysam.BGZFile(str(path), "w") as file:
        file.write("\n".join([*lines, ""]).encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def write_expression(
    path: Path,
    genes: pd.DataFrame,
    expression: pd.DataFrame,
    samples: list[str],
    rows: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Genes by samples, on the scale of a logarithm of transcript counts."""
    level = rng.uniform(3, 10, size=len(genes))
    spread = rng.uniform(0.3, 1.0, size=len(genes))
    values = (level + spread * expression.to_numpy())[rows].T
    for gene, column in zip(rng.choice(len(genes), 4), rng.choice(len(rows), 4), strict=True):
        values[gene, column] = np.nan
    values = np.vstack([values, np.zeros(len(rows))])
    header = "\t".join(["gene_id"] + [samples[k] for k in rows])
    lines = [header]
    for gene_id, row in zip([*genes["gene_id"], "GENE154"], values, strict=True):
        cells = ["NA" if np.isnan(value) else f"{value:.4f}" for value in row]
        lines.append("\t".join([gene_id, *cells]))
    # No file name and no time of writing in the header: the same table gives the same bytes.
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as compressed:
        compressed.write("\n".join([*lines, ""]).encode())


def write_positions(path: Path, genes: pd.DataFrame, rng: np.random.Generator) -> None:
    """BED6, sorted, without two genes that are expressed and with three that are not."""
    unplaced = rng.choice(len(genes), 2, replace=False)
    silent = genes.iloc[rng.choice(len(genes), 3, replace=False)].copy()
    silent["gene_id"] = ["GENE151", "GENE152", "GENE153"]
    silent[["start", "end"]] += 70_000
    lines = pd.concat([genes.drop(index=unplaced), silent]).sort_values(["chrom", "start", "end"])
    lines.insert(4, "score", 0)
    lines.to_csv(path, sep="\t", header=False, index=False, lineterminator="\n")


def write_covariates(
    path: Path,
    background: pd.DataFrame,
    components: np.ndarray,
    samples: list[str],
    rows: np.ndarray,
) -> None:
    table = background.drop(columns="ancestry")
    table.insert(0, "sample", samples)
    for k in range(components.shape[1]):
        table[f"genotype_PC{k + 1}"] = components[:, k]
    table.iloc[rows].to_csv(path, sep="\t", index=False, float_format="%.5f", lineterminator="\n")


def write_truth(path: Path, network: nx.DiGraph) -> None:
    """Every pair in which the first gene precedes the second; `effect` of the direct ones."""
    lines = ["ancestor\tdescendant\tdirect\teffect"]
    for ancestor in sorted(network):
        for descendant in sorted(nx.descendants(network, ancestor)):
            edge = network.get_edge_data(ancestor, descendant)
            kind = f"1\t{edge['effect']:.4f}" if edge else "0\tNA"
            lines.append(f"{ancestor}\t{descendant}\t{kind}")
    path.write_text("\n".join([*lines, ""]))


def add_layers(folder: Path) -> None:
    """Proteins, traits and their truth, from the files that lie in the folder."""
    rng = np.random.default_rng(LAYERS_SEED)
    expression = pd.read_csv(folder / "expression.tsv.gz", sep="\t", index_col=0).T
    dosages, positions = read_dosages(folder / "genotypes.vcf.gz")
    samples = expression.index.intersection(dosages.index)
    expression = expression.loc[samples].drop(columns="GENE154")
    expression = (expression - expression.mean()) / expression.std(ddof=0)
    expression, dosages = expression.fillna(0), dosages.loc[samples]
    genes = pd.read_csv(
        folder / "genes.bed", sep="\t", names=["chrom", "start", "end", "gene", "score", "strand"]
    ).set_index("gene")

    others = [gene for gene in expression if gene in genes.index and gene != LDL_PROTEIN]
    chosen = sorted([LDL_PROTEIN, *map(str, rng.choice(others, N_PROTEINS - 1, replace=False))])
    network = nx.DiGraph()
    proteins = pd.DataFrame(index=samples)
    for number, gene in enumerate(chosen):
        total = 0.7 * expression[gene] + 0.5 * rng.standard_normal(len(samples))
        if number % 4 == 0:  # a variant nearby acts on the protein alone
            variant = str(rng.choice(near(genes.loc[gene], positions)))
            total += 0.4 * standardise(dosages[variant])
            network.add_edge(variant, f"{gene}@protein", effect=0.4 / total.std(ddof=0))
        proteins[gene] = standardise(total)
        network.add_edge(gene, f"{gene}@protein", effect=0.7 / total.std(ddof=0))

    around = dosages[near(genes.loc[LDL_PLEIOTROPIC], positions)]
    lead = around.corrwith(expression[LDL_PLEIOTROPIC]).abs().idxmax()
    ldl = 0.5 * proteins[LDL_PROTEIN] + 0.4 * standardise(dosages[lead])
    ldl += 0.7 * rng.standard_normal(len(samples))
    network.add_edge(lead, "ldl", effect=0.4 / ldl.std(ddof=0))
    network.add_edge(f"{LDL_PROTEIN}@protein", "ldl", effect=0.5 / ldl.std(ddof=0))
    liability = 1.2 * expression[DISEASE_GENE] + rng.standard_normal(len(samples))
    disease = liability > np.quantile(liability, 0.6)
    network.add_edge(DISEASE_GENE, "disease", effect=np.nan)  # on a liability that is not seen
    traits = pd.DataFrame(
        {
            "ldl": 3.4 + 0.9 * standardise(ldl),
            "disease": disease.astype(float),
            "height": rng.normal(171, 9, len(samples)),
        }
    )
    write_layers(folder, proteins, traits, rng)
    write_layers_truth(folder, network)


def read_dosages(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Common variants with an id and two alleles, samples by variants, and where they lie."""
    dosages, positions = {}, []
    with pysam.VariantFile(str(path)) as records:
        samples = list(records.header.samples)
        for record in records:
            if record.id is None or len(record.alleles) != 2 or record.id in dosages:
                continue
            calls = [call["GT"] for call in record.samples.values()]
            dosage = np.array([np.nan if None in call else sum(call) for call in calls])
            if np.isnan(dosage).mean() < 0.05 and np.nanstd(dosage) > 0.4:
                dosages[record.id] = np.where(np.isnan(dosage), np.nanmean(dosage), dosage)
                positions.append((record.id, record.chrom, record.pos))
    places = pd.DataFrame(positions, columns=["variant", "chrom", "pos"]).set_index("variant")
    return pd.DataFrame(dosages, index=samples), places


def near(gene: pd.Series, positions: pd.DataFrame) -> list[str]:
    inside = positions["pos"].between(gene["start"] - CIS_DISTANCE, gene["end"] + CIS_DISTANCE)
    return list(positions.index[(positions["chrom"] == gene["chrom"]) & inside])


def write_layers(
    folder: Path, proteins: pd.DataFrame, traits: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Proteins by samples and samples by traits, in orders of their own, a few values missing."""
    proteins = (8 + proteins.iloc[rng.permutation(len(proteins))]).T
    traits = traits.iloc[rng.permutation(len(traits))]
    for table, n_missing in [(proteins, 6), (traits, 5)]:
        rows, columns = (rng.integers(0, size, n_missing) for size in table.shape)
        for row, column in zip(rows, columns, strict=True):
            table.iloc[row, column] = np.nan
    layout = {"sep": "\t", "na_rep": "NA", "lineterminator": "\n"}
    proteins.to_csv(folder / "protein.tsv", index_label="gene_id", float_format="%.4f", **layout)
    traits["ldl"] = traits["ldl"].map("{:.3f}".format, na_action="ignore")
    traits["disease"] = traits["disease"].map("{:.0f}".format, na_action="ignore")
    traits["height"] = traits["height"].map("{:.1f}".format, na_action="ignore")
    traits.to_csv(folder / "traits.tsv", index_label="sample", **layout)


def write_layers_truth(folder: Path, layers: nx.DiGraph) -> None:
    """The truth about genes, and what lies upstream of proteins and traits, with variants."""
    truth = pd.read_csv(folder / "truth.tsv", sep="\t")
    network = nx.DiGraph(layers)
    genes = truth[truth["direct"] == 1]
    network.add_edges_from(zip(genes["ancestor"], genes["descendant"], strict=True))
    new = {node for _, node in layers.edges}
    lines = (folder / "truth.tsv").read_text().splitlines()
    for descendant in sorted(new):
        for ancestor in sorted(nx.ancestors(network, descendant)):
            edge = layers.get_edge_data(ancestor, descendant)
            known = edge is not None and not np.isnan(edge["effect"])
            effect = f"{edge['effect']:.4f}" if known else "NA"
            lines.append(f"{ancestor}\t{descendant}\t{int(edge is not None)}\t{effect}")
    (folder / "layers_truth.tsv").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
