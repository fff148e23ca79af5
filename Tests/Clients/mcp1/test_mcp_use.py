"""mcp-use, which stands on the SDK's first major."""

import asyncio

from mcp_use import MCPClient


def test_lists_and_calls(front):
    async def talk():
        entry = {"command": front.argv[0], "args": front.argv[1:], "env": front.environment}
        client = MCPClient.from_dict({"mcpServers": {"switchyard": entry}})
        session = await client.create_session("switchyard")
        try:
            assert front.tools <= {tool.name for tool in await session.list_tools()}
            for call in front.calls:
                result = await session.call_tool(call.tool, call.arguments)
                assert call.expected in result.content[0].text
                assert bool(result.isError) == call.is_error
        finally:
            await client.close_all_sessions()

    asyncio.run(talk())
