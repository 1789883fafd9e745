"""A hub on this machine: repositories of files over HTTP, with the few routes that the hub's client asks.

    GET  /api/{models,datasets}/ID/revision/REV        which commit that is
    GET  /api/{models,datasets}/ID/tree/COMMIT         its files, a few a page
    HEAD /[datasets/]ID/resolve/COMMIT/PATH            what is known of a file
    GET  the same                                      its bytes, or those of a range

Nothing here knows Graftline: whatever talks to it talks to a hub.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

_PAGE = 2
_API = re.compile(r"/api/(?P<kind>models|datasets)/(?P<id>[\w.-]+/[\w.-]+)/(?P<what>revision|tree)/(?P<revision>[^/]+)")
_FILE = re.compile(r"/(?P<kind>datasets/)?(?P<id>[\w.-]+/[\w.-]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")


class Hub(ThreadingHTTPServer):
    """Serves repositories; `url` is its address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.commits: dict[tuple[str, str], dict[str, Path]] = {}
        """(models | datasets, id) -> commit -> the folder of its files; the last commit is the main branch."""
        self.token = ""
        """When set, nobody is answered without it."""
        self.asked: list[str] = []
        """METHOD PATH, with the range where one was asked for."""
        self.breaks: set[str] = set()
        """Files whose first answer ends in the middle."""
        self.held = threading.Lock()
        """While somebody holds it, no file's bytes are sent."""

    def publish(self, kind: str, id: str, folder: Path) -> str:
        """Make a folder a repository's newest commit."""
        commits = self.commits.setdefault((kind, id), {})
        commit = hashlib.sha1(f"{id} {len(commits)}".encode()).hexdigest()
        commits[commit] = folder
        return commit


@contextmanager
def hub() -> Iterator[Hub]:
    """A hub that serves as long as the block lasts."""
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Answer(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Tests look at `asked` instead."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        split = urlsplit(self.path)
        path, range = unquote(split.path), self.headers.get("Range", "")
        self.server.asked.append(f"{self.command} {path} {range}".strip())
        match = _API.fullmatch(path) or _FILE.fullmatch(path)
        kind = "datasets" if match and (match["kind"] or "").startswith("datasets") else "models"
        commits = self.server.commits.get((kind, match["id"]), {}) if match else {}
        wanted = match["revision"] if match else ""
        commit = list(commits)[-1] if commits and wanted == "main" else wanted
        if self.server.token and self.headers.get("Authorization") != f"Bearer {self.server.token}":
            self._refuse(401, "GatedRepo", "Access to this repository is restricted.")
        elif not match or not commits:
            self._refuse(404, "RepoNotFound", "Repository not found")
        elif commit not in commits:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {wanted}")
        elif "path" in match.groupdict():
            self._file(commits[commit] / match["path"], commit, range)
        elif match["what"] == "revision":
            self._json({"_id": "1", "id": match["id"], "sha": commit, "siblings": [], "tags": []})
        else:
            self._tree(commits[commit], parse_qs(split.query), path)

    def _tree(self, folder: Path, query: dict[str, list[str]], path: str) -> None:
        files = sorted(p for p in folder.rglob("*") if p.is_file())
        begin = int(query.get("cursor", ["0"])[0])
        page = [
            {"type": "file", "path": p.relative_to(folder).as_posix(), "size": p.stat().st_size, "oid": _oid(p)}
            for p in files[begin : begin + _PAGE]
        ]
        more = begin + _PAGE < len(files)
        link = f'<{self.server.url}{path}?recursive=True&cursor={begin + _PAGE}>; rel="next"'
        self._json(page, {"Link": link} if more else {})

    def _file(self, path: Path, commit: str, range: str) -> None:
        if not path.is_file():
            self._refuse(404, "EntryNotFound", "Entry not found")
            return
        data = path.read_bytes()
        begin = int(range.removeprefix("bytes=").partition("-")[0]) if range else 0
        self.send_response(206 if begin else 200)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("ETag", f'"{_oid(path)}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(len(data) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if self.command == "GET":
            with self.server.held:
                pass
            self.wfile.write(data[begin : self._end(path.name, len(data))])

    def _end(self, name: str, size: int) -> int:
        if name not in self.server.breaks:
            return size
        self.server.breaks.remove(name)
        self.close_connection = True
        return size // 2

    def _json(self, value: object, headers: dict[str, str] | None = None) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        about = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
        for name, text in about.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _oid(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()
