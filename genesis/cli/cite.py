"""``genesis cite``: what to cite."""

from __future__ import annotations

import click

from genesis._version import __version__

__all__ = ["cite"]

_TEXT = """\
If GENESIS was of use, please cite the software and the method:

  GENESIS {version}: causal discovery for genomics, anchored by genotypes (software).

  Asiedu & Watson (2025). Multi-omic Causal Discovery using Genotypes and Gene Expression.
  arXiv:2505.15866. https://arxiv.org/abs/2505.15866"""

_BIBTEX = """\
@software{{genesis,
  title   = {{{{GENESIS}}: causal discovery for genomics, anchored by genotypes}},
  author  = {{{{The GENESIS developers}}}},
  version = {{{version}}},
  note    = {{Python package genesis-causal}}
}}

@misc{{asiedu2025multiomic,
  title         = {{Multi-omic Causal Discovery using Genotypes and Gene Expression}},
  author        = {{Asiedu, Stephen and Watson, David}},
  year          = {{2025}},
  eprint        = {{2505.15866}},
  archivePrefix = {{arXiv}},
  url           = {{https://arxiv.org/abs/2505.15866}}
}}"""


@click.command()
@click.option("--bibtex", is_flag=True, help="Print BibTeX entries.")
def cite(bibtex: bool) -> None:
    """Say what to cite."""
    click.echo((_BIBTEX if bibtex else _TEXT).format(version=__version__))
