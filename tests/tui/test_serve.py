"""The app in a browser: a real server on this machine, with and without the password."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from engine.errors import InputError
from tui.serve import SESSION_SECONDS, TRIES, TRIES_SECONDS, Guard, check_host, is_local, read_password

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def served(demo_home: Path) -> Iterator[tuple[str, str]]:
    """`graftline serve` on the demo's workspace: its URL and the password that it printed."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "engine.cli", "serve", "--home", str(demo_home), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr
    said = ""
    while "ctrl+c" not in said:
        line = process.stderr.readline()
        assert line, f"it ended, saying {said}"
        said += line
    password = re.search(r"password: (\S{20,})", said)
    assert password and f"http://localhost:{port}" in said
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                break
        time.sleep(0.02)
    yield f"http://localhost:{port}", password[1]
    process.terminate()
    process.communicate(timeout=30)


async def _login(session: aiohttp.ClientSession, url: str, password: str) -> int:
    async with session.post(f"{url}/login", data={"password": password}, allow_redirects=False) as answer:
        return answer.status


@pytest.mark.parametrize("path", ["/", "/static/js/textual.js", "/download/x", "/nothing"])
async def test_nothing_goes_out_without_the_password(served: tuple[str, str], path: str) -> None:
    async with aiohttp.ClientSession() as session, session.get(served[0] + path) as answer:
        text = await answer.text()
        assert answer.status == 401
        assert 'action="/login"' in text and "websocket" not in text


async def test_the_socket_is_refused_without_the_password(served: tuple[str, str]) -> None:
    async with aiohttp.ClientSession(cookies={"graftline": "x" * 43}) as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{served[0]}/ws")
    assert refused.value.status == 401


async def test_the_password_opens_the_app(served: tuple[str, str]) -> None:
    url, password = served
    async with aiohttp.ClientSession() as session:
        assert await _login(session, url, password) == 303
        (cookie,) = session.cookie_jar
        assert cookie["httponly"] and cookie["samesite"] == "Strict"
        async with session.get(url) as answer:
            assert answer.status == 200 and "/ws" in await answer.text()
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]  # no stranger is asked for a font
        async with session.ws_connect(f"{url}/ws?width=100&height=30", headers={"Origin": url}) as ws:
            seen = ""
            async with asyncio.timeout(60):
                while "lineage" not in seen:
                    message = await ws.receive()
                    assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), message
                    seen += message.data.decode("utf-8", "replace") if isinstance(message.data, bytes) else message.data


async def test_a_stranger_s_page_may_not_use_the_cookie(served: tuple[str, str]) -> None:
    url, password = served
    async with aiohttp.ClientSession() as session:
        await _login(session, url, password)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{url}/ws", headers={"Origin": "http://evil.example"})
    assert refused.value.status == 403


async def test_guessing_is_slowed_down(served: tuple[str, str]) -> None:
    """Last in this file: for a minute the server then hears no password."""
    url, password = served
    async with aiohttp.ClientSession() as session:
        assert [await _login(session, url, f"guess {at}") for at in range(TRIES)] == [401] * TRIES
        assert await _login(session, url, password) == 429


def test_a_session_ends_and_a_closed_door_opens_again() -> None:
    now = [0.0]
    guard = Guard("right horse", clock=lambda: now[0])
    token = guard.admit("right horse")
    assert token and guard.knows(token) and not guard.knows("") and not guard.knows(token[:-1])
    assert [guard.admit("wrong") for _ in range(TRIES)] == [None] * TRIES
    assert guard.closed and guard.knows(token), "whoever is in stays in"
    now[0] = TRIES_SECONDS
    assert not guard.closed
    now[0] = SESSION_SECONDS
    assert not guard.knows(token)


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("0.0.0.0", False), ("lab", False)],
)
def test_only_this_machine_unless_told(host: str, local: bool) -> None:
    assert is_local(host) is local
    check_host(host, 8000, allowed=True)
    if not local:
        with pytest.raises(InputError, match=rf"--host: {host}: others .*TLS proxy.*--allow-remote"):
            check_host(host, 8000, allowed=False)


def test_a_password_file_is_its_owner_s_alone(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\nbattery\n")
    file.chmod(0o644)
    with pytest.raises(InputError, match="others can read it \\(chmod 600 "):
        read_password(file)
    file.chmod(0o600)
    assert read_password(file) == "correct horse"
    file.write_text("short\n")
    with pytest.raises(InputError, match="too short"):
        read_password(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_password(tmp_path / "none")


def test_without_the_extra_the_error_names_it(tmp_path: Path) -> None:
    """As installed without it: a finder that knows no textual_serve stands in front."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['textual_serve'] = None\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "engine.cli", "serve", "--home", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2 and "pip install 'graftline[serve]'" in done.stderr
