"""``genesis compile``: the numeric kernels compiled before they are needed."""

from __future__ import annotations

import time

import click

from genesis.cli import options

__all__ = ["compile_kernels"]


@click.command("compile", cls=options.GroupedCommand)
@click.option(
    "--shared",
    is_flag=True,
    cls=options.GroupedOption,
    group="Running",
    help="Keep the code beside the package too, for everyone who uses this installation.",
)
@options.progress
@options.quiet
def compile_kernels(shared: bool, progress: bool, quiet: bool) -> None:
    """Compile the numeric kernels of every method and command ahead.

    A run compiles what it needs and is not compiled yet, for most of a minute, and keeps it in the
    user's cache directory, or in the one that NUMBA_CACHE_DIR names; the code is good for the same
    version of GENESIS, numba and Python on the same kind of processor, wherever they are installed.
    For an image, or before many jobs begin at once on a cluster, compile on a machine of that kind:

    \b
    genesis compile
    genesis compile --shared
    """
    from genesis.cli.console import RunConsole
    from genesis.compiling import WORK, compile_ahead, is_to_compile
    from genesis.errors import OutputWriteError
    from genesis.kernel_cache import own_directory, share_kernels
    from genesis.result.run_log import RunLog

    started = time.perf_counter()
    console = RunConsole(RunLog(), quiet=quiet, progress=progress)
    if shared and own_directory() is None:
        raise OutputWriteError(
            "there is nowhere to keep compiled code: let NUMBA_CACHE_DIR name a directory of your "
            "own that can be written"
        )
    if is_to_compile(*WORK):
        with console.showing_progress():
            compile_ahead(*WORK, progress=console.progress, say=console.say)
        console.say(f"Compiled in {time.perf_counter() - started:.1f} s.")
    else:
        console.say("Everything is compiled already.")
    if shared:
        try:
            folder = share_kernels()
        except OSError as error:
            raise OutputWriteError(
                f"cannot keep compiled code beside the package: {error.strerror or error} "
                f"({error.filename}); without --shared it is kept for you alone"
            ) from error
        console.say(f"For everyone who uses this installation: {folder}.")
