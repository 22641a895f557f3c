"""A real HTTP server of files in memory, with the faults that a test gives it; its fixtures."""

import json
import re
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from align.download import Catalog
from align.download import remote as remotes
from align.home import DICTIONARIES

ROWS, DIM = 4000, 20


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.files = {}
        self.moved = {}
        self.asked = []  # (path, Range) of every request
        self.conditions = []  # If-Range of every request
        self.tags = {"ETag": '"one"'}
        self.ranges = True
        self.careless = False  # sends a range of whatever is there, If-Range or not
        self.absent = 404
        self.errors = []  # statuses of the next answers
        self.cuts = []  # bytes after which the next answers are cut
        self.promise = 0  # bytes promised beyond those that come
        self.total = None  # said in Content-Range; by default the length
        self.told = True  # whether Content-Length is sent
        self.kind = "application/octet-stream"
        self.stalls = False  # sends half, and waits until `go` is set
        self.half_sent, self.go = threading.Event(), threading.Event()

    @contextmanager
    def running(self):
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.go.set()
            self.shutdown()
            thread.join()
            self.server_close()

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up: here they are meant to."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, body = self.server, self.server.files.get(self.path)
        server.asked.append((self.path, self.headers.get("Range")))
        server.conditions.append(self.headers.get("If-Range"))
        if self.path in server.moved:
            self.answer(302, {"Location": server.moved[self.path], "Content-Length": "0"})
        elif server.errors:
            self.answer(server.errors.pop(0), {"Content-Length": "0"})
        elif body is None:
            self.answer(server.absent, {"Content-Length": "0"})
        elif (start := self.start()) >= len(body) > 0:
            self.answer(416, {"Content-Length": "0"})
        else:
            self.send(body, start)

    def start(self):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") in (None, *self.server.tags.values())
        fitting = asked and self.server.ranges and (same or self.server.careless)
        return int(asked[1]) if fitting else 0

    def send(self, body, start):
        server, rest = self.server, body[start:]
        headers = {"Content-Type": server.kind, **server.tags}
        if server.told:
            headers["Content-Length"] = str(len(rest) + server.promise)
        if start:
            total = server.total or len(body)
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        self.answer(206 if start else 200, headers)
        cut = server.cuts.pop(0) if server.cuts else len(rest)
        if server.stalls:
            self.wfile.write(rest[: cut // 2])
            server.half_sent.set()
            server.go.wait(30)
            rest, cut = rest[cut // 2 :], cut - cut // 2
        self.wfile.write(rest[:cut])
        if cut < len(rest):
            self.connection.shutdown(socket.SHUT_RDWR)

    def answer(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args):
        """Keep the tests' output clean."""


@pytest.fixture(scope="module")
def text():
    rng = np.random.default_rng(0)
    rows = (" ".join(f"{x:.4f}" for x in row) for row in rng.standard_normal((ROWS, DIM)))
    lines = "".join(f"wörd{i} {row} \n" for i, row in enumerate(rows))
    return f"{ROWS} {DIM}\n{lines}".encode()


@pytest.fixture
def server():
    with Server().running() as running:
        yield running


@pytest.fixture
def catalog(server, tmp_path, monkeypatch):
    """A catalog of the server's files, in place of the package's own."""
    path = tmp_path / "catalog.json"
    about = {"licence": "CC TEST 1.0", "page": "https://example.org/about"}
    vectors = {"what": "Vectors", "codes": ["aa bb cc", "wiki_only"], **about}
    crawl = {"what": "Crawl", "codes": ["aa bb cc", "cc_only"], **about}
    data = {
        "vectors": {
            "wiki": {"url": f"{server.url}/wiki.{{code}}.vec", **vectors},
            "cc": {"url": f"{server.url}/cc.{{code}}.300.vec.gz", **crawl},
        },
        "dictionaries": {
            "what": "Dictionaries",
            "urls": [f"{server.url}/{name}" for name in DICTIONARIES.values()],
            **about,
        },
        "files": {},
    }
    path.write_text(json.dumps(data))
    monkeypatch.setenv("ALIGN_CATALOG", str(path))
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(remotes, "PAUSE", 0.0)
    monkeypatch.setattr(remotes, "TIMEOUT", 10.0)

    def known(name, **facts):
        data["files"][name] = facts
        path.write_text(json.dumps(data))

    catalog = Catalog()
    catalog.known = known
    return catalog


@pytest.fixture
def entry(server, catalog, text):
    """The entry of a file that the server has."""
    server.files["/wiki.aa.vec"] = text
    return catalog.vectors("aa", "wiki")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def ranges(server):
    return [asked for _, asked in server.asked]


def stop_after(count, error=KeyboardInterrupt):
    def on_read(done, total):
        if done >= count:
            raise error

    return on_read


def names(folder):
    return sorted(path.name for path in folder.iterdir())
