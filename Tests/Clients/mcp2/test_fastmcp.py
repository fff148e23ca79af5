"""fastmcp, as a library and as the command people try a server with."""

import asyncio
import json
import subprocess

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from fastmcp.exceptions import ToolError
from front import ROOT


def test_lists_and_calls(front):
    async def talk():
        transport = StdioTransport(front.argv[0], front.argv[1:], env=front.environment)
        async with Client(transport) as client:
            assert front.tools <= {tool.name for tool in await client.list_tools()}
            for call in front.calls:
                if call.is_error:
                    with pytest.raises(ToolError, match=call.expected):
                        await client.call_tool(call.tool, call.arguments)
                else:
                    result = await client.call_tool(call.tool, call.arguments)
                    assert call.expected in result.content[0].text
        await transport.close()

    asyncio.run(talk())


def test_its_command_lists(front):
    command = [str(ROOT / ".venv-mcp2/bin/fastmcp"), "list", "--json", "--command"]
    run = subprocess.run([*command, front.command_line], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert front.tools <= {tool["name"] for tool in json.loads(run.stdout)["tools"]}
