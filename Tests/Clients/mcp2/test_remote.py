"""Servers that are not ours and are reached over HTTP, behind the gateway.

The servers of every age say the same over HTTP as over pipes, so the same clients try
everything on them: progress, cancel, list changes, sampling, elicitation and the rest.
"""

import re
import subprocess
import sys
import threading
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import anyio
import front as fronts
import mcp.types as types
import processes
import pytest
from everything import SERVERS as EXAMPLES
from mcp import Client, StdioServerParameters

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


# The everything server of the SDK: what the servers of the ages do not do.

ANSWER = types.CreateMessageResult(
    role="assistant", content=types.TextContent(text="nine"), model="none"
)


async def sample(context, params):
    return ANSWER


async def elicit(context, params):
    return types.ElicitResult(action="accept", content={"response": "green", "name": "Ada"})


def text_of(result):
    return "".join(getattr(block, "text", "") for block in result.content)


@asynccontextmanager
async def connected(argv, environment, mode, **more):
    parameters = StdioServerParameters(command=argv[0], args=argv[1:], env=environment)
    async with Client(
        parameters, mode=mode, sampling_callback=sample, elicitation_callback=elicit, cache=None, **more
    ) as client:
        with anyio.fail_after(60):
            yield client


@pytest.fixture
def everything(tmp_path, marker):
    """The command of a gateway with nothing but the everything server behind it."""
    if not EXAMPLES.exists():
        pytest.skip("the SDK's examples could not be fetched; Tests/Clients/setup does it")
    with served([sys.executable, str(fronts.CLIENTS / "everything.py")]) as url:
        fronts.write_manifests(tmp_path, {"all": {"http": {"url": url}, "tools": {"prefix": ""}}})
        yield fronts.gateway(tmp_path)
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"


@pytest.mark.parametrize("mode", ["legacy", MODERN])
def test_the_everything_server_of_the_sdk(mode, everything, marker):
    async def talk():
        steps = []

        async def step(progress, total, message):
            steps.append(progress)

        async with connected(everything, dict([marker.split("=", 1)]), mode) as client:

            async def call(name, arguments=None, **more):
                return text_of(await client.call_tool(name, arguments or {}, **more))

            assert "simple text" in await call("test_simple_text")
            # It refuses a modern call whose headers are not as the schema wants them.
            assert await call("test_x_mcp_header", {"region": "Tōkyō"}) == "region=Tōkyō"
            await call("test_tool_with_progress", progress_callback=step)
            while len(steps) < 3:
                await anyio.sleep(0.01)
            assert steps == [0, 50, 100]
            assert "accept" in await call("test_streaming_elicitation")
            if mode == MODERN:
                assert await call("test_input_required_result_elicitation") == "Hello, Ada!"
                assert "nine" in await call("test_input_required_result_sampling")
            else:
                assert await call("test_sampling", {"prompt": "Which?"}) == "LLM response: nine"
                assert "green" in await call("test_elicitation", {"message": "Which?"})
                # H18: it closes the stream of the call, which goes on by Last-Event-ID.
                assert await call("test_reconnection") == "Reconnection test completed"
            result = await client.read_resource("test://static-text")
            assert "static text" in result.contents[0].text

    anyio.run(talk)


@pytest.mark.parametrize("mode", ["legacy", MODERN])
@pytest.mark.parametrize("path, protocol", [("/mcp", "auto"), ("/sse", "auto"), ("/sse", "sse")])
def test_a_server_of_pipes_behind_mcp_proxy(mode, path, protocol, tmp_path, marker):
    command = [str(fronts.ROOT / ".venv-mcp1/bin/mcp-proxy"), "--port", "0", "--"]
    with proxied([*command, *fronts.server("time", "mcp1", tmp_path)]) as origin:
        manifest = {"http": {"url": origin + path, "protocol": protocol}}
        fronts.write_manifests(tmp_path, {"time": manifest})

        async def talk():
            argv = fronts.gateway(tmp_path)
            async with connected(argv, dict([marker.split("=", 1)]), mode) as client:
                for call in fronts.calls_to("time", tmp_path):
                    result = await client.call_tool(call.tool, call.arguments)
                    assert call.expected in text_of(result)
                    assert bool(result.is_error) == call.is_error

        anyio.run(talk)
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"


@contextmanager
def proxied(command):
    """The origin of mcp-proxy, which says it in a line of its log."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if found := re.search(r"running on (http://[0-9.:]+)", line):
                break
        else:
            pytest.fail("mcp-proxy did not start")
        # Nobody reads on: what it logs must not fill the pipe.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found.group(1)
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
