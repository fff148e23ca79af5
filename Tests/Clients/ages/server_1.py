"""A server on the SDK's first major: everything that its release can do.

    server_1.py NAME [http|sse]

Over pipes, or over HTTP on a port that it says (over_http.py).

Written against what all releases from 1.2.1 on share; what a release lacks
(elicitation, structured content and cancelling before 1.10) it has no tool for.
"""

import sys

import anyio
import mcp.types as types
from mcp.server.lowlevel.server import NotificationOptions, Server
from mcp.server.session import ServerSession
from mcp.server.stdio import stdio_server
from pydantic import AnyUrl

NAME = sys.argv[1]
TOPICS = ["rails", "signals", "switches"]
OBJECT = {"type": "object"}
ANSWER = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
FORM = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}

server = Server(NAME)
tools = {}
cancelled = 0


def text(value):
    return [types.TextContent(type="text", text=str(value))]


def tool(function):
    tools[function.__name__] = function
    return function


@tool
async def add(arguments):
    return text(arguments["a"] + arguments["b"])


@tool
async def fail(arguments):
    raise ValueError("derailed")


@tool
async def count(arguments):
    context = server.request_context
    for step in (1, 2, 3):
        await context.session.send_progress_notification(context.meta.progressToken, step, 3)
    return text("counted")


@tool
async def log(arguments):
    await server.request_context.session.send_log_message("warning", f"said by {NAME}")
    return text("logged")


@tool
async def ask_model(arguments):
    question = types.SamplingMessage(role="user", content=text("Which track?")[0])
    answer = await server.request_context.session.create_message([question], max_tokens=10)
    return text(answer.content.text)


@tool
async def ask_roots(arguments):
    answer = await server.request_context.session.list_roots()
    return text(answer.roots[0].uri)


@tool
async def grow(arguments):
    tools["grown"] = add
    await server.request_context.session.send_tool_list_changed()
    return text("grown")


@tool
async def touch(arguments):
    await server.request_context.session.send_resource_updated(AnyUrl(f"note://{NAME}"))
    return text("touched")


async def wait(arguments):
    global cancelled
    context = server.request_context
    await context.session.send_progress_notification(context.meta.progressToken, 1, 2)
    try:
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        cancelled += 1
        raise
    return text("waited")


async def cancels(arguments):
    return text(cancelled)


async def weigh(arguments):
    return {"sum": 5}


async def ask_user(arguments):
    answer = await server.request_context.session.elicit("Which colour?", FORM)
    return text(f"{answer.action} {answer.content['colour']}")


if "outputSchema" in types.Tool.model_fields:
    tool(weigh)
if hasattr(ServerSession, "elicit"):
    tool(ask_user)
    # Releases before this one end, or wait for the call's end, when a call is cancelled.
    tool(wait)
    tool(cancels)


@server.list_tools()
async def list_tools():
    return [
        types.Tool(name=name, inputSchema=OBJECT, **({"outputSchema": ANSWER} if name == "weigh" else {}))
        for name in tools
    ]


@server.call_tool()
async def call_tool(name, arguments):
    return await tools[name](arguments)


@server.list_prompts()
async def list_prompts():
    argument = types.PromptArgument(name="topic", required=True)
    return [types.Prompt(name="explain", arguments=[argument])]


@server.get_prompt()
async def get_prompt(name, arguments):
    content = types.TextContent(type="text", text=f"Explain {arguments['topic']}.")
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content)])


@server.list_resources()
async def list_resources():
    # The second has the same URI in every service.
    return [
        types.Resource(uri=AnyUrl(f"note://{NAME}"), name=f"note of {NAME}"),
        types.Resource(uri=AnyUrl("note://shared"), name=f"shared by {NAME}"),
    ]


@server.list_resource_templates()
async def list_resource_templates():
    return [types.ResourceTemplate(uriTemplate=f"page://{NAME}/{{topic}}", name=f"pages of {NAME}")]


@server.read_resource()
async def read_resource(uri):
    return f"{str(uri)} by {NAME}"


@server.subscribe_resource()
async def subscribe_resource(uri):
    pass


@server.unsubscribe_resource()
async def unsubscribe_resource(uri):
    pass


@server.set_logging_level()
async def set_logging_level(level):
    pass


@server.completion()
async def completion(reference, argument, *context):
    return types.Completion(values=[t for t in TOPICS if t.startswith(argument.value)])


async def main():
    changes = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)
    options = server.create_initialization_options(changes)
    options.capabilities.resources.subscribe = True  # no release says so by itself
    if sys.argv[2:]:
        import over_http

        return await over_http.serve(sys.argv[2], server, options)
    async with stdio_server() as (read, write):
        await server.run(read, write, options)


anyio.run(main)
