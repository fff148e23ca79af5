"""A client on the SDK's first major: tries everything on every service.

    client_1.py SERVICE,... COMMAND ARGS...

Prints one JSON object: for each service and feature `true`, what went wrong, or
`null` where this release of the SDK or the one of the service does not have it.
"""

import inspect
import os
import sys

import anyio
import mcp.types as types
import trial
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from pydantic import AnyUrl

HAS = inspect.signature(ClientSession.__init__).parameters
ROOT = types.Root(uri="file:///yard", name="yard")


class Client(trial.Client):
    """What the releases share, and the ways around what some of them lack."""

    def __init__(self):
        self.changes = 0
        self.logs, self.updates, self.progress = [], [], {}

    # What the server tells and asks.

    async def told(self, message):
        root = getattr(message, "root", message)
        if isinstance(root, types.ToolListChangedNotification):
            self.changes += 1
        elif isinstance(root, types.LoggingMessageNotification):
            self.logs.append(root.params.data)
        elif isinstance(root, types.ResourceUpdatedNotification):
            self.updates.append(str(root.params.uri))
        elif isinstance(root, types.ProgressNotification):
            self.progress.setdefault(root.params.progressToken, []).append(root.params.progress)
        elif hasattr(message, "respond") and isinstance(message.request.root, types.ListRootsRequest):
            if "list_roots_callback" not in HAS:  # 1.2.1: the program answers by itself
                answer = types.ListRootsResult(roots=[ROOT])
                await message.respond(types.ClientResult(answer))

    async def sample(self, context, params):
        content = types.TextContent(type="text", text="track nine")
        return types.CreateMessageResult(role="assistant", content=content, model="none")

    async def elicit(self, context, params):
        return types.ElicitResult(action="accept", content={"colour": "green"})

    async def roots(self, context):
        return types.ListRootsResult(roots=[ROOT])

    async def log(self, params):
        pass  # `told` hears of it too

    def arguments(self):
        known = {
            "message_handler": self.told,
            "sampling_callback": self.sample,
            "elicitation_callback": self.elicit,
            "list_roots_callback": self.roots,
            "logging_callback": self.log,
        }
        return {name: value for name, value in known.items() if name in HAS}

    # What the client asks.

    async def tool_names(self):
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call(self, name, arguments=None, token=None):
        meta = {"_meta": types.RequestParams.Meta(progressToken=token)} if token else {}
        params = types.CallToolRequestParams(name=name, arguments=arguments or {}, **meta)
        request = types.CallToolRequest(method="tools/call", params=params)
        result = await self.session.send_request(types.ClientRequest(request), types.CallToolResult)
        text = "".join(getattr(block, "text", "") for block in result.content)
        return trial.Result(text, bool(result.isError), getattr(result, "structuredContent", None))

    async def count(self, name):
        await self.call(name, token=name)
        await trial.until(lambda: len(self.progress.get(name, [])) == 3)
        return self.progress[name]

    async def cancel(self, name):
        async with anyio.create_task_group() as group:
            request = self.session._request_id
            group.start_soon(self.call, name, None, name)
            await trial.until(lambda: self.progress.get(name))
            params = types.CancelledNotificationParams(requestId=request)
            notice = types.CancelledNotification(method="notifications/cancelled", params=params)
            await self.session.send_notification(types.ClientNotification(notice))
            await anyio.sleep(0)
            group.cancel_scope.cancel()

    async def prompt(self, name):
        await self.session.list_prompts()
        result = await self.session.get_prompt(name, {"topic": "rails"})
        return result.messages[0].content.text

    async def resources(self):
        return {r.name: str(r.uri) for r in (await self.session.list_resources()).resources}

    async def read(self, uri):
        return (await self.session.read_resource(AnyUrl(uri))).contents[0].text

    async def complete(self, prompt):
        reference = types.PromptReference(type="ref/prompt", name=prompt)
        result = await self.session.complete(reference, {"name": "topic", "value": "s"})
        return result.completion.values

    async def wish_for_logs(self):
        await self.session.set_logging_level("info")

    async def touched(self, uri, touch):
        await self.session.subscribe_resource(AnyUrl(uri))
        await touch()
        await trial.until(lambda: uri in self.updates)
        await self.session.unsubscribe_resource(AnyUrl(uri))

    async def grown(self, grow, name):
        before = self.changes
        await grow()
        await trial.until(lambda: self.changes > before)
        assert name in await self.tool_names()

    def lacks(self):
        return {
            "sampling": "sampling_callback" not in HAS,
            "elicitation": "elicitation_callback" not in HAS,
            "structured content": "structuredContent" not in types.CallToolResult.model_fields,
            "cancel": not hasattr(types, "CancelledNotificationParams"),
        }


async def main():
    client = Client()
    parameters = StdioServerParameters(command=sys.argv[2], args=sys.argv[3:], env=dict(os.environ))
    async with stdio_client(parameters) as (read, write):
        async with ClientSession(read, write, **client.arguments()) as session:
            async with anyio.create_task_group() as group:
                if "message_handler" not in HAS:
                    group.start_soon(consume, session, client)
                await session.initialize()
                client.session = session
                await trial.run(client, sys.argv[1].split(","))
                group.cancel_scope.cancel()


async def consume(session, client):
    async for message in session.incoming_messages:
        await client.told(message)


anyio.run(main)
