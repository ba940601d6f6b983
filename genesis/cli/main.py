"""The command `genesis`: its group of subcommands and what every failure turns into."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from genesis._version import __version__
from genesis.cli.cite import cite
from genesis.cli.compile import compile_kernels
from genesis.cli.convert import convert
from genesis.cli.evaluate import evaluate
from genesis.cli.export import export
from genesis.cli.given_once import OnceGroup
from genesis.cli.head_start import head_start
from genesis.cli.man_pages import man_pages
from genesis.cli.memory_limits import (
    address_space_limit,
    is_for_want_of_memory,
    prepare_for_limit,
)
from genesis.cli.paths import paths
from genesis.cli.prepare import prepare
from genesis.cli.replicate import replicate
from genesis.cli.report import report
from genesis.cli.run import run
from genesis.cli.scan import scan
from genesis.cli.show import show
from genesis.cli.simulate import simulate
from genesis.errors import GenesisError

__all__ = ["cli", "main", "run_command"]

_COMMAND_LINE = 8
_MEMORY = 2
_WRITE = 5
_INTERRUPTED = 130
_TERMINATED = 143
_PIPE_CLOSED = 141  # as where SIGPIPE ends a program


class _PipeClosed(Exception):
    """Whoever read what is written has enough of it."""


@contextlib.contextmanager
def _noticing_closed_pipes() -> Iterator[None]:
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError as error:
        # Under its own name click would end the process with the code of a defect.
        raise _PipeClosed from error


class _Commands(OnceGroup):
    """The subcommands, and what they have in common at their end."""

    def make_context(self, *given: Any, **named: Any) -> click.Context:
        with _noticing_closed_pipes():
            return super().make_context(*given, **named)

    def invoke(self, ctx: click.Context) -> Any:
        if not {"cite", "-h", "--help"} & set(ctx.obj or ()):
            prepare_for_limit()
        with _noticing_closed_pipes():
            return super().invoke(ctx)


@click.group(
    cls=_Commands,
    no_args_is_help=False,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 defect, 2 memory, 3 cannot open, 4 cannot read, 5 cannot write, "
    "6 malformed input, 7 inputs do not belong together, 8 command line, 13 degenerate data, "
    "130 interrupted, 141 the reader of the output closed the pipe.",
)
@click.version_option(__version__, "-V", "--version", message="genesis %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Causal discovery for genomics: from a VCF and an expression table to an ancestrality
    matrix and a constraint graph.

    \b
    genesis run --vcf genotypes.vcf.gz --expression expression.tsv.gz --out results/run1
    genesis show results/run1 --gene ACT1
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        raise click.UsageError("a command is missing", context)


for command in (
    run,
    prepare,
    scan,
    show,
    paths,
    report,
    export,
    head_start,
    convert,
    evaluate,
    replicate,
    simulate,
    compile_kernels,
    cite,
    man_pages,
):
    cli.add_command(command)


class _Terminated(BaseException):
    """Somebody asked the process to end."""


def _on_terminate(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with a code of `genesis.errors`.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after the command's name; by default those of the process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    signal.signal(signal.SIGTERM, _on_terminate)
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal cannot show must not end a run.
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.exit(run_command(words))


def run_command(words: list[str]) -> int:
    """Run a command line and return its exit code; failures are said on stderr.

    Parameters
    ----------
    words : list of str
        Words after the command's name.
    """
    try:
        return int(cli.main(words, prog_name="genesis", standalone_mode=False, obj=words) or 0)
    except GenesisError as error:
        return _fail(str(error), error.exit_code)
    except click.UsageError as error:
        hint = f"See '{error.ctx.command_path} --help'." if error.ctx else ""
        said = error.format_message().rstrip(".")
        stop = "" if said.endswith(("?", "?)")) else "."
        return _fail(f"{said}{stop} {hint}".rstrip(), _COMMAND_LINE)
    except click.ClickException as error:
        return _fail(error.format_message(), _COMMAND_LINE)
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(error.__cause__, EOFError):  # click takes that for an interruption
            return _defect(error.__cause__, words)
        return _fail(f"interrupted, nothing written{_how_to_resume(words)}", _INTERRUPTED)
    except _Terminated:
        return _fail(f"terminated, nothing written{_how_to_resume(words)}", _TERMINATED)
    except _PipeClosed:
        # What is still in the buffer goes nowhere, so that the end of Python is quiet too.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except MemoryError as error:
        return _out_of_memory(error)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO):
            where = f" {error.filename}" if error.filename else ""
            return _fail(f"cannot write{where}: {error.strerror}", _WRITE)
        return _defect(error, words)
    except Exception as error:
        return _defect(error, words)


def _how_to_resume(words: Sequence[str]) -> str:
    """What to say of the checkpoint of a run that did not end, if there is one."""
    for at, word in enumerate(words):
        name, has_value, value = word.partition("=")
        if name == "--checkpoint":
            folder = Path(value if has_value else "".join(words[at + 1 : at + 2]))
            if (folder / "checkpoint.json").exists():
                again = "the same command again" if "--resume" in words else "--resume"
                return f"; the finished pieces are in {folder}, give {again} to go on with them"
    return ""


def _fail(message: str, code: int) -> int:
    with contextlib.suppress(OSError):
        print(f"genesis: error: {message}", file=sys.stderr)
    return code


def _out_of_memory(error: Exception) -> int:
    what = f" ({error})" if str(error) else ""
    limit = address_space_limit()
    if limit is not None:
        instead = f"raise the limit of the address space, which is {limit / 1e9:.1f} GB (ulimit -v)"
    else:
        instead = "use a machine with more"
    return _fail(
        f"out of memory{what}: analyse fewer variants (--maf, --region) or genes "
        f"(--include-genes), or {instead}",
        _MEMORY,
    )


def _defect(error: Exception, words: list[str]) -> int:
    """An error that nobody foresaw: short for users, whole where asked for."""
    if is_for_want_of_memory(error):
        return _out_of_memory(error)
    if os.environ.get("GENESIS_DEBUG") or "-v" in words or "--verbose" in words:
        import traceback

        traceback.print_exception(error)
    what = f"{type(error).__name__}: {error}".strip().rstrip(".:")
    return _fail(
        f"{what}. This is a defect of GENESIS {__version__}, not of your data. Please "
        "report it with the command and the lines that GENESIS_DEBUG=1 adds",
        1,
    )
