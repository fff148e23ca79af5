"""The official SDK, second major, in each of its modes."""

import asyncio

import pytest
from mcp import Client, StdioServerParameters


@pytest.mark.parametrize("mode", ["auto", "legacy", "2026-07-28"])
def test_lists_and_calls(front, mode):
    async def talk():
        parameters = StdioServerParameters(
            command=front.argv[0], args=front.argv[1:], env=front.environment
        )
        async with Client(parameters, mode=mode) as client:
            listed = await client.list_tools()
            assert front.tools <= {tool.name for tool in listed.tools}
            for call in front.calls:
                result = await client.call_tool(call.tool, call.arguments)
                assert call.expected in result.content[0].text
                assert bool(result.is_error) == call.is_error

    asyncio.run(talk())
