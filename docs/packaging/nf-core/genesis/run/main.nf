process GENESIS_RUN {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine == 'singularity' && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/genesis-causal:0.1.0--pyhdfd78af_0'
        : 'biocontainers/genesis-causal:0.1.0--pyhdfd78af_0'}"

    input:
    tuple val(meta), path(vcf), path(tbi), path(expression)
    tuple val(meta2), path(genes)
    tuple val(meta3), path(covariates)

    output:
    tuple val(meta), path("${prefix}.ancestrality.tsv.gz"), emit: ancestrality
    tuple val(meta), path("${prefix}.relations.tsv.gz"), emit: relations
    tuple val(meta), path("${prefix}.anchors.tsv.gz"), emit: anchors
    tuple val(meta), path("${prefix}.loci.tsv.gz"), emit: loci
    tuple val(meta), path("${prefix}.graph.graphml"), emit: graph
    tuple val(meta), path("${prefix}.constraints.json"), emit: constraints
    tuple val(meta), path("${prefix}.excluded.tsv"), emit: excluded
    tuple val(meta), path("${prefix}.*"), emit: all
    tuple val(meta), path("${prefix}_mqc.json"), emit: multiqc
    tuple val("${task.process}"), val('genesis'), eval("genesis --version | sed 's/.* //'"), topic: versions, emit: versions_genesis

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    prefix = task.ext.prefix ?: "${meta.id}"
    def vcfs = (vcf instanceof List ? vcf : [vcf]).collect { file -> "--vcf ${file}" }.join(' ')
    def genes_option = genes ? "--genes ${genes}" : ''
    def covariates_option = covariates ? "--covariates ${covariates}" : ''
    """
    genesis run \\
        ${vcfs} \\
        --expression ${expression} \\
        ${genes_option} \\
        ${covariates_option} \\
        --threads ${task.cpus} \\
        --out ${prefix} \\
        ${args}

    genesis export --run ${prefix} --to multiqc --out ${prefix}_mqc.json
    """

    stub:
    prefix = task.ext.prefix ?: "${meta.id}"
    """
    for name in ancestrality relations anchors loci; do
        echo | gzip > ${prefix}.\$name.tsv.gz
    done
    touch ${prefix}.graph.graphml ${prefix}.constraints.json ${prefix}.excluded.tsv
    touch ${prefix}.relations.parquet ${prefix}.log ${prefix}.run.json ${prefix}.state.zip
    touch ${prefix}_mqc.json
    """
}
