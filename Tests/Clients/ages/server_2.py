"""A server on the SDK's second major, in both eras: everything that it can do.

    server_2.py NAME [http|sse]

Over pipes, or over HTTP on a port that it says (over_http.py).
"""

import sys

import anyio
import mcp.types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourceUpdated,
    ToolsListChanged,
)
from mcp.types.version import MODERN_PROTOCOL_VERSIONS

NAME = sys.argv[1]
TOPICS = ["rails", "signals", "switches"]
OBJECT = {"type": "object"}
ANSWER = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
FORM = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
QUESTION = types.CreateMessageRequestParams(
    messages=[types.SamplingMessage(role="user", content=types.TextContent(text="Which track?"))],
    max_tokens=10,
)

bus = InMemorySubscriptionBus()
tools = {}
cancelled = 0


def text(value, **more):
    return types.CallToolResult(content=[types.TextContent(text=str(value))], **more)


def tool(function):
    tools[function.__name__] = function
    return function


def is_modern(context):
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS


def answer_to(params, request):
    """What the client has answered, or a result that asks it; of the modern era only."""
    if params.input_responses and "it" in params.input_responses:
        return params.input_responses["it"], None
    return None, types.InputRequiredResult(input_requests={"it": request}, request_state=f"{NAME} asks")


@tool
async def add(context, params):
    return text(params.arguments["a"] + params.arguments["b"])


@tool
async def fail(context, params):
    return text("derailed", is_error=True)


@tool
async def weigh(context, params):
    return text("5", structured_content={"sum": 5})


@tool
async def count(context, params):
    for step in (1, 2, 3):
        await context.session.report_progress(step, 3)
    return text("counted")


@tool
async def log(context, params):
    await context.session.send_log_message(
        "warning", f"said by {NAME}", related_request_id=context.request_id
    )
    return text("logged")


@tool
async def wait(context, params):
    global cancelled
    await context.session.report_progress(1, 2)
    try:
        await anyio.sleep(60)
    except anyio.get_cancelled_exc_class():
        cancelled += 1
        raise
    return text("waited")


@tool
async def cancels(context, params):
    return text(cancelled)


@tool
async def grow(context, params):
    tools["grown"] = add
    if is_modern(context):
        await bus.publish(ToolsListChanged())
    else:
        await context.session.send_tool_list_changed()
    return text("grown")


@tool
async def touch(context, params):
    uri = f"note://{NAME}"
    if is_modern(context):
        await bus.publish(ResourceUpdated(uri=uri))
    else:
        await context.session.send_resource_updated(uri)
    return text("touched")


@tool
async def ask_model(context, params):
    if is_modern(context):
        answer, ask = answer_to(params, types.CreateMessageRequest(params=QUESTION))
        if ask:
            return ask
    else:
        answer = await context.session.create_message(QUESTION.messages, max_tokens=10)
    return text(answer.content.text)


@tool
async def ask_roots(context, params):
    if is_modern(context):
        answer, ask = answer_to(params, types.ListRootsRequest())
        if ask:
            return ask
    else:
        answer = await context.session.list_roots()
    return text(answer.roots[0].uri)


@tool
async def ask_user(context, params):
    form = types.ElicitRequestFormParams(message="Which colour?", requested_schema=FORM)
    if is_modern(context):
        answer, ask = answer_to(params, types.ElicitRequest(params=form))
        if ask:
            return ask
    else:
        answer = await context.session.elicit_form(form.message, FORM, context.request_id)
    return text(f"{answer.action} {answer.content['colour']}")


async def list_tools(context, params):
    schemas = {"weigh": {"output_schema": ANSWER}}
    listed = [types.Tool(name=name, input_schema=OBJECT, **schemas.get(name, {})) for name in tools]
    return types.ListToolsResult(tools=listed)


async def call_tool(context, params):
    return await tools[params.name](context, params)


async def list_prompts(context, params):
    argument = types.PromptArgument(name="topic", required=True)
    return types.ListPromptsResult(prompts=[types.Prompt(name="explain", arguments=[argument])])


async def get_prompt(context, params):
    content = types.TextContent(text=f"Explain {params.arguments['topic']}.")
    return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content)])


async def list_resources(context, params):
    # The second has the same URI in every service.
    own = types.Resource(uri=f"note://{NAME}", name=f"note of {NAME}")
    shared = types.Resource(uri="note://shared", name=f"shared by {NAME}")
    return types.ListResourcesResult(resources=[own, shared])


async def list_resource_templates(context, params):
    pages = types.ResourceTemplate(uri_template=f"page://{NAME}/{{topic}}", name=f"pages of {NAME}")
    return types.ListResourceTemplatesResult(resource_templates=[pages])


async def read_resource(context, params):
    content = types.TextResourceContents(uri=params.uri, text=f"{params.uri} by {NAME}")
    return types.ReadResourceResult(contents=[content])


async def complete(context, params):
    values = [topic for topic in TOPICS if topic.startswith(params.argument.value)]
    return types.CompleteResult(completion=types.Completion(values=values))


async def agree(context, params):
    return types.EmptyResult()


server = Server(
    NAME,
    on_list_tools=list_tools,
    on_call_tool=call_tool,
    on_list_prompts=list_prompts,
    on_get_prompt=get_prompt,
    on_list_resources=list_resources,
    on_list_resource_templates=list_resource_templates,
    on_read_resource=read_resource,
    on_completion=complete,
    on_subscribe_resource=agree,
    on_unsubscribe_resource=agree,
    on_set_logging_level=agree,
    on_subscriptions_listen=ListenHandler(bus),
)


async def main():
    changes = NotificationOptions(prompts_changed=True, resources_changed=True, tools_changed=True)
    options = server.create_initialization_options(changes)
    if sys.argv[2:]:
        import over_http

        return await over_http.serve(sys.argv[2], server, options)
    async with stdio_server() as (read, write):
        await server.run(read, write, options)


anyio.run(main)
