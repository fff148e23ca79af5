"""A client on the SDK's second major: tries everything on every service.

    client_2.py SERVICE,... MODE COMMAND ARGS...

MODE is `auto`, `legacy` or `2026-07-28`. Prints what client_1.py prints.
"""

import os
import sys

import anyio
import mcp.types as types
import trial
from mcp import Client as SDKClient
from mcp import StdioServerParameters
from mcp.types.version import MODERN_PROTOCOL_VERSIONS


class Client(trial.Client):
    def __init__(self, mode):
        self.mode = mode
        self.changes = 0
        self.logs, self.updates = [], []

    async def told(self, message):
        if isinstance(message, types.ToolListChangedNotification):
            self.changes += 1
        elif isinstance(message, types.ResourceUpdatedNotification):
            self.updates.append(str(message.params.uri))

    async def sample(self, context, params):
        content = types.TextContent(text="track nine")
        return types.CreateMessageResult(role="assistant", content=content, model="none")

    async def elicit(self, context, params):
        return types.ElicitResult(action="accept", content={"colour": "green"})

    async def roots(self, context):
        return types.ListRootsResult(roots=[types.Root(uri="file:///yard", name="yard")])

    async def log(self, params):
        self.logs.append(params.data)

    def arguments(self):
        return {
            "mode": self.mode,
            "message_handler": self.told,
            "sampling_callback": self.sample,
            "elicitation_callback": self.elicit,
            "list_roots_callback": self.roots,
            "logging_callback": self.log,
            "log_level": "info",
            "cache": None,
        }

    @property
    def is_modern(self):
        return self.session.protocol_version in MODERN_PROTOCOL_VERSIONS

    async def tool_names(self):
        return [tool.name for tool in (await self.session.list_tools()).tools]

    async def call(self, name, arguments=None, **more):
        result = await self.session.call_tool(name, arguments or {}, **more)
        text = "".join(getattr(block, "text", "") for block in result.content)
        return trial.Result(text, bool(result.is_error), result.structured_content)

    async def count(self, name):
        steps = []

        async def step(progress, total, message):
            steps.append(progress)

        await self.call(name, progress_callback=step)
        await trial.until(lambda: len(steps) == 3)
        return steps

    async def cancel(self, name):
        with anyio.CancelScope() as scope:

            async def started(progress, total, message):
                scope.cancel()

            await self.call(name, progress_callback=started)

    async def prompt(self, name):
        await self.session.list_prompts()
        return (await self.session.get_prompt(name, {"topic": "rails"})).messages[0].content.text

    async def resources(self):
        return {r.name: str(r.uri) for r in (await self.session.list_resources()).resources}

    async def read(self, uri):
        return (await self.session.read_resource(uri)).contents[0].text

    async def complete(self, prompt):
        reference = types.PromptReference(name=prompt)
        result = await self.session.complete(reference, {"name": "topic", "value": "s"})
        return result.completion.values

    async def wish_for_logs(self):
        if not self.is_modern:
            await self.session.set_logging_level("info")

    async def touched(self, uri, touch):
        if self.is_modern:
            async with self.session.listen(resource_subscriptions=[uri]) as subscription:
                assert subscription.honored.resource_subscriptions == [uri], subscription.honored
                await touch()
                with anyio.fail_after(trial.PATIENCE):
                    assert (await anext(subscription)).uri == uri
            return
        await self.session.subscribe_resource(uri)
        await touch()
        await trial.until(lambda: uri in self.updates)
        await self.session.unsubscribe_resource(uri)

    async def grown(self, grow, name):
        if self.is_modern:
            async with self.session.listen(tools_list_changed=True) as subscription:
                await grow()
                with anyio.fail_after(trial.PATIENCE):
                    await anext(subscription)
        else:
            before = self.changes
            await grow()
            await trial.until(lambda: self.changes > before)
        assert name in await self.tool_names()

    def lacks(self):
        return {}


async def main():
    client = Client(sys.argv[2])
    parameters = StdioServerParameters(command=sys.argv[3], args=sys.argv[4:], env=dict(os.environ))
    async with SDKClient(parameters, **client.arguments()) as session:
        client.session = session
        await trial.run(client, sys.argv[1].split(","))


anyio.run(main)
