"""`graftline serve`: the same app in a browser, one process for each tab, behind a password.

    browser ── GET / ──> guard ──(no session: the login form, 401)
            ── POST /login ──> right password: a session's cookie; five wrong ones a minute: 429
            ── /ws ──> guard, and only from our own pages ──> python -m tui (the web driver) on the workspace

The guard is a middleware before every route, so nothing of the app, not even a static file, goes out without it.
Whoever is in can do what the user can, such as delete runs. So the server listens on this machine only, unless told.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import ipaddress
import os
import secrets
import shlex
import stat
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

from engine.errors import GraftlineError, InputError

COOKIE = "graftline"
SESSION_SECONDS = 12 * 3600.0
TRIES, TRIES_SECONDS = 5, 60.0
"""Wrong passwords that are heard in so many seconds, from all strangers together."""
SHORTEST = 8
"""Characters of a password of one's own."""
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'"
)
"""The framework's page asks a stranger's server for a font. Nobody but us hears that the app is open."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOGIN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>graftline</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{background:#14171a;color:#d3d8dc;font:16px/1.6 ui-monospace,monospace;display:grid;place-items:center;
height:90vh;margin:0}}b{{color:#8fbf8f}}input,button{{font:inherit;color:inherit;background:#23282d;border:1px solid
#39434b;padding:.3em .6em}}p{{color:#e0b872;min-height:1.6em}}</style>
<form method="post" action="/login"><b>◆ graftline</b><p>{said}</p>
<label>Password <input type="password" name="password" autofocus autocomplete="current-password"></label>
<button>Open</button></form></html>"""


class Guard:
    """Who may in: holders of a session's cookie, which the password buys."""

    def __init__(self, password: str, *, clock: Callable[[], float] = time.monotonic):
        self._digest = _digest(password)
        self._clock = clock
        self._sessions: dict[str, float] = {}
        self._wrong: deque[float] = deque(maxlen=TRIES)

    def knows(self, token: str) -> bool:
        """Whether this cookie is of a session that still holds."""
        now = self._clock()
        self._sessions = {name: until for name, until in self._sessions.items() if until > now}
        return token in self._sessions

    @property
    def closed(self) -> bool:
        """Too many wrong passwords of late: none is heard for a while, not even the right one."""
        return len(self._wrong) == TRIES and self._clock() - self._wrong[0] < TRIES_SECONDS

    def admit(self, password: str) -> str | None:
        """A new session's cookie for the right password, else None. Takes the same time for any wrong one."""
        if not hmac.compare_digest(_digest(password), self._digest):
            self._wrong.append(self._clock())
            return None
        token = secrets.token_urlsafe(32)
        self._sessions[token] = self._clock() + SESSION_SECONDS
        return token


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class GuardedServer(Server):
    """The app's server with a guard before every route."""

    def __init__(self, home: Path, guard: Guard, *, host: str, port: int, public_url: str | None):
        command = shlex.join([sys.executable, "-P", "-m", "tui", "--home", str(home)])
        super().__init__(command, host=host, port=port, title="graftline", public_url=public_url)
        self._guard = guard

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            answer = await self._guarded(request, handler)
            if not answer.prepared:
                answer.headers["Content-Security-Policy"] = POLICY
            return answer

        app.middlewares.append(guarded)
        app.router.add_post("/login", self._login)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Our own words are said before: the framework's banner would hide them."""

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/login" and request.method == "POST":
            return await handler(request)
        if not self._guard.knows(request.cookies.get(COOKIE, "")):
            return _form("", 401)
        if request.path == "/ws" and not self._from_our_page(request):
            return web.Response(status=403, text="this page may not open the app")
        return await handler(request)

    def _from_our_page(self, request: web.Request) -> bool:
        """Browsers name the page that opens a socket; a stranger's must not use our cookie."""
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc in (request.host, urlsplit(self.public_url).netloc)

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if self._guard.closed:
            return _form("Too many wrong passwords. Try again in a minute.", 429)
        given = (await request.post()).get("password", "")
        token = self._guard.admit(given if isinstance(given, str) else "")
        if token is None:
            return _form("That is not the password.", 401)
        answer = web.Response(status=303, headers={"Location": "/"})
        secure = self.public_url.startswith("https:")
        answer.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=secure, max_age=int(SESSION_SECONDS))
        return answer


def _form(said: str, status: int) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    return web.Response(status=status, text=_LOGIN.format(said=said), content_type="text/html", headers=headers)


def is_local(host: str) -> bool:
    """Whether only this machine can reach a server that listens there."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(host: str, port: int, allowed: bool) -> None:
    """Raises `InputError` for a host that others can reach, unless that was said to be meant."""
    if not is_local(host) and not allowed:
        raise InputError(
            "others on the network could read along, for this is not encrypted",
            where="--host",
            key=host,
            fix=f"reach it with `ssh -L {port}:localhost:{port}` or behind a TLS proxy such as "
            f"`caddy reverse-proxy --to localhost:{port}`; --allow-remote if you mean it",
        )


def read_password(path: Path) -> str:
    """The first line of a file that only its owner can read. Raises `InputError` for any other."""
    try:
        mode = path.stat().st_mode
        password = path.read_text(encoding="utf-8").split("\n", 1)[0].strip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=path, fix="name a file with the password in it") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise InputError("others can read it", where=path, fix=f"chmod 600 {shlex.quote(str(path))}")
    if len(password) < SHORTEST:
        raise InputError("is too short a password", where=path, fix=f"take {SHORTEST} characters or more")
    return password


def serve(options: argparse.Namespace) -> None:
    """Serve until interrupted."""
    check_host(options.host, options.port, options.allow_remote)
    password = read_password(options.password_file) if options.password_file else secrets.token_urlsafe(16)
    server = GuardedServer(
        options.home, Guard(password), host=options.host, port=options.port, public_url=options.public_url
    )
    for name in ("SSH_CONNECTION", "TMUX", "NO_COLOR"):  # of this terminal, not of the browser
        os.environ.pop(name, None)
    print(f"graftline on {options.home}\n  {server.public_url}", file=sys.stderr)
    if not options.password_file:
        print(f"  password: {password}", file=sys.stderr)
    print("ctrl+c ends it; runs go on", file=sys.stderr, flush=True)
    server.serve()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="graftline serve")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--public-url", default=None)
    parser.add_argument("--password-file", type=Path, default=None)
    parser.add_argument("--allow-remote", action="store_true")
    try:
        serve(parser.parse_args(arguments))
    except GraftlineError as error:
        print(f"graftline: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
