"""A server of the files of a folder that answers for ranges, as those of the web do.

Run as a script it says its port: htslib waits for its answers without letting another thread of the
same process give them.
"""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        first, last, code = 0, len(data) - 1, 200
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last, code = int(found[1]), int(found[2] or last), 206
        part = data[first : last + 1]
        # What is called so breaks off.
        promised = len(part) + 10 * path.name.startswith("short")
        self.send_response(code)
        self.send_header("Content-Length", str(promised))
        if code == 206:
            self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.end_headers()
        with suppress(OSError):  # whoever asked has enough
            self.wfile.write(part)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address of a folder while the block runs."""
    words = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.kill()


if __name__ == "__main__":
    handler = functools.partial(Handler, directory=sys.argv[1])
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        print(listening.server_port, flush=True)
        listening.serve_forever()
