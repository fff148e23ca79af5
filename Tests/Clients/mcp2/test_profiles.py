"""The official SDK behind a budget: tools that are not listed are called through tools_call."""

import asyncio
import json
import sys

import front as fronts
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import Implementation

SERVER = '''
import asyncio
from mcp.server import MCPServer
from mcp.server.mcpserver import Context

server = MCPServer("many")


@server.tool()
async def count(steps: int, ctx: Context) -> dict[str, int]:
    """Counts and tells how far it is."""
    for step in range(1, steps + 1):
        await ctx.report_progress(step, steps, f"step {step}")
    return {"steps": steps}


for number in range(30):
    server.tool(name=f"tool_{number}")(lambda number=number: number)

server.run("stdio")
'''


@pytest.fixture
def gateway(tmp_path):
    script = tmp_path / "many.py"
    script.write_text(SERVER)
    process = {"command": sys.executable, "args": [str(script)]}
    fronts.write_manifests(tmp_path, {"many": {"process": process}})
    settings = tmp_path / "config" / "gateway.yaml"
    profile = {"client": ["Tests*"], "budget": 5, "tools": {"exclude": ["many_tool_7"]}}
    settings.write_text(
        "deadlines: {probe: 60s, initialize: 60s}\ndiscovery: {wait: 60s}\n"
        + "profiles: " + json.dumps({"small": profile}) + "\n"
    )
    settings.chmod(0o600)
    return fronts.gateway(tmp_path)


@pytest.mark.skipif(fronts.IS_DIRECT, reason="it is the gateway that is tested")
@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_tools_behind_the_budget(gateway, mode):
    async def talk():
        parameters = StdioServerParameters(command=gateway[0], args=gateway[1:])
        who = Implementation(name="tests", version="1")
        async with Client(parameters, mode=mode, client_info=who) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            assert names[:3] == ["tools_search", "tools_describe", "tools_call"]
            assert len(names) == 5
            found = await client.call_tool("tools_search", {"query": "tells how far"})
            assert found.structured_content["tools"][0]["name"] == "many_count"
            told = await client.call_tool("tools_describe", {"names": ["many_count"]})
            schema = told.structured_content["tools"][0]["inputSchema"]
            assert schema["required"] == ["steps"]
            progress = []

            async def heard(done, total, message):
                progress.append((done, total, message))

            result = await client.call_tool(
                "tools_call",
                {"name": "many_count", "arguments": {"steps": 3}},
                progress_callback=heard,
            )
            assert result.structured_content == {"steps": 3}
            assert progress == [(step, 3, f"step {step}") for step in (1, 2, 3)]
            with pytest.raises(Exception, match="Unknown tool"):
                await client.call_tool("tools_call", {"name": "many_tool_7"})

    asyncio.run(talk())
