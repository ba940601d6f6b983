"""``genesis report``: what a run found as a page to look at."""

from __future__ import annotations

import click

from genesis.cli import options

__all__ = ["report"]


@click.command()
@click.argument("prefix")
@options.replace
def report(prefix: str, force: bool) -> None:
    """Write PREFIX.report.html: figures, claims, network and provenance of a run.

    The page needs no network, and may be mailed as it is. `genesis run --report` writes it with
    the other outputs. Needs pip install 'genesis-causal[report]'.

    \b
    genesis report results/run1
    """
    import genesis
    from genesis.engine.extras import check_report_extras
    from genesis.io.output_set import check_outputs
    from genesis.report import write_report
    from genesis.result.files import REPORT

    check_report_extras()
    check_outputs(prefix, [REPORT], force=force)
    path = write_report(genesis.load(prefix), f"{prefix}{REPORT}", force=force)
    click.echo(f"Wrote {path} ({path.stat().st_size / 1e6:.1f} MB).", err=True)
