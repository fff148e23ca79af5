"""langchain-mcp-adapters, which launches the front anew for every call."""

import asyncio

from langchain_mcp_adapters.client import MultiServerMCPClient


def test_lists_and_calls(front):
    async def talk():
        entry = {
            "transport": "stdio",
            "command": front.argv[0],
            "args": front.argv[1:],
            "env": front.environment,
        }
        tools = await MultiServerMCPClient({"switchyard": entry}).get_tools()
        by_name = {tool.name: tool for tool in tools}
        assert front.tools <= set(by_name)
        for call in front.calls:
            # A tool's own error comes back as text too, for the model to read.
            assert call.expected in str(await by_name[call.tool].ainvoke(call.arguments))

    asyncio.run(talk())
