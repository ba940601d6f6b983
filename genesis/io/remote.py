"""Inputs that are no files on disk: addresses of the web and of object stores, standard input.

What has to be read whole is copied to a temporary directory, once a process, and read there.
"""

from __future__ import annotations

import atexit
import re
import shutil
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from genesis.engine.extras import load_extra
from genesis.errors import CommandLineError, InputOpenError, InputReadError

__all__ = ["STDIN", "copy_made", "copy_of", "copy_of_index", "is_remote", "url_of"]

STDIN = "/dev/stdin"
#: An address that can be read; as a `Path` it has lost one of its two slashes.
_ADDRESS = re.compile(r"(https?|s3|gs):/+(.+)")
_SECONDS = 60.0
_PIECE = 1 << 20

_copies: dict[str, Path] = {}
_lock = threading.Lock()


def url_of(path: object) -> str | None:
    """The address that a path is; None for a path of the file system.

    Examples
    --------
    >>> url_of("https://example.org/calls.vcf.gz"), url_of(Path("s3://bucket/x.tsv"))
    ('https://example.org/calls.vcf.gz', 's3://bucket/x.tsv')
    >>> url_of("calls.vcf.gz") is None
    True
    """
    found = _ADDRESS.fullmatch(str(path))
    return None if found is None else f"{found[1]}://{found[2]}"


def is_remote(path: object) -> bool:
    """Whether a path is an address, or standard input, of which there is a copy to be read."""
    return str(path) == STDIN or url_of(path) is not None


def copy_of(path: object) -> Path:
    """A copy on disk of what an address, or standard input, holds; made once a process.

    Raises
    ------
    InputOpenError
        There is nothing at the address, or it may not be read.
    InputReadError
        It broke off.
    CommandLineError
        A package that reads such addresses is not installed.
    """
    address = url_of(path) or str(path)
    with _lock:
        if address not in _copies:
            _copies[address] = _copy(address)
        return _copies[address]


def copy_made(path: object) -> Path | None:
    """The copy that was made of an address or of standard input; None where there is none."""
    return _copies.get(url_of(path) or str(path))


def copy_of_index(url: str, suffixes: tuple[str, ...]) -> Path | None:
    """A copy of the first file that is there under an address with one of these endings."""
    head, mark, query = url.partition("?")  # a signature belongs to one file alone
    for suffix in suffixes:
        with suppress(InputOpenError):
            return copy_of(f"{head}{suffix}{mark}{query}")
    return None


def _copy(address: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="genesis-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    name = "stdin" if address == STDIN else Path(unquote(urlsplit(address).path)).name
    target = folder / (name or "input")
    with target.open("wb") as file:
        if address == STDIN:
            _from_stdin(file)
        elif address.startswith("http"):
            _from_web(address, file)
        else:
            _from_store(address, file)
    return target


def _from_stdin(file: BinaryIO) -> None:
    if sys.stdin is None or sys.stdin.isatty():
        raise InputOpenError(f"{STDIN}: nothing is piped into it; give a file, or pipe one in")
    shutil.copyfileobj(sys.stdin.buffer, file, _PIECE)


def _from_web(address: str, file: BinaryIO) -> None:
    try:
        # The scheme is http or https, here and where it is redirected to.
        with urlopen(address, timeout=_SECONDS) as answer:
            expected = answer.headers.get("Content-Length")
            shutil.copyfileobj(answer, file, _PIECE)
    except HTTPError as error:
        raise InputOpenError(
            f"{address}: the server has no such file for us ({error.code} {error.reason}); check "
            "the address"
        ) from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise InputOpenError(
            f"{address}: it cannot be read ({reason}); check the address"
        ) from error
    if expected is not None and file.tell() != int(expected):
        raise InputReadError(
            f"{address}: it broke off after {file.tell():,} of {int(expected):,} bytes; try again"
        )


def _from_store(address: str, file: BinaryIO) -> None:
    """By fsspec, which has a package of its own for each kind of store."""
    fsspec = load_extra("fsspec", f"reading {address}", "remote")
    try:
        with fsspec.open(address, "rb") as stored:
            shutil.copyfileobj(stored, file, _PIECE)
    except ImportError as error:
        raise CommandLineError(
            f"reading {address} needs a package that is not installed ({error}): "
            "pip install 'genesis-causal[remote]'"
        ) from error
    except FileNotFoundError as error:
        raise InputOpenError(f"{address}: no such object; check the address") from error
    except Exception as error:  # each kind of store has errors of its own
        raise InputOpenError(
            f"{address}: it cannot be read ({type(error).__name__}: {error}); check the address "
            "and the credentials"
        ) from error
