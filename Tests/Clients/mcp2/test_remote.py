"""Servers that are not ours and are reached over HTTP, behind the gateway.

The servers of every age say the same over HTTP as over pipes, so the same clients try
everything on them: progress, cancel, list changes, sampling, elicitation and the rest.
"""

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import front as fronts
import processes
import pytest

sys.path.insert(0, str(Path(fronts.CLIENTS) / "ages"))

import compatibility  # noqa: E402
from compatibility import LAST_LEGACY, NEWEST, OLDEST, Side  # noqa: E402

MODERN = compatibility.MODERN
CLIENTS = [Side(LAST_LEGACY), Side(NEWEST), Side(NEWEST, "legacy")]
# The server, its transport, what the manifest says of its protocol.
SERVERS = [
    (Side(NEWEST), "http", "auto"),
    (Side(NEWEST, MODERN), "http", MODERN),
    (Side(NEWEST, "legacy"), "http", "legacy"),
    (Side(LAST_LEGACY), "http", "auto"),
    (Side(LAST_LEGACY, "sse"), "sse", "auto"),
    (Side(OLDEST, "sse"), "sse", "sse"),
]


@contextmanager
def served(command, environment=None):
    """A server that says its URL in the first line of its stdout."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def command_of(server, transport):
    script = str(compatibility.HERE / f"server_{server.age.major}.py")
    return [server.age.python, script, server.service, transport]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("client", CLIENTS, ids=[f"client {c.title}" for c in CLIENTS])
def test_what_both_sides_have_works_with_remote_servers(client, tmp_path, marker):
    with ExitStack() as stack:
        manifests = {}
        for server, transport, protocol in SERVERS:
            url = stack.enter_context(served(command_of(server, transport)))
            manifests[server.service] = {"http": {"url": url, "protocol": protocol}}
        offered = [server for server, _, _ in SERVERS]
        outcome = compatibility.try_client(
            client, offered, tmp_path, dict([marker.split("=", 1)]), manifests
        )
        assert compatibility.failures({client: outcome}, offered) == []
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"
