"""Serves a server of the SDK over HTTP on a port of its own, and says on stdout which.

Written against what all releases from 1.2.1 on share; `transport` is `http` (Streamable
HTTP, with an event store, so that streams can be resumed) or `sse` (HTTP+SSE).
"""

import contextlib
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route

PATHS = {"http": "/mcp", "sse": "/sse"}


async def serve(transport, server, options):
    app = {"http": streamable, "sse": two_channels}[transport](server, options)
    await listen(app, PATHS[transport])


async def listen(app, path):
    """Serves an application until the end, and says where `path` of it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}{path}", flush=True)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    await uvicorn.Server(config).serve(sockets=[listener])


def streamable(server, options):
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    # What the server offers is made from its handlers in every session.
    server.create_initialization_options = lambda *_, **__: options
    manager = StreamableHTTPSessionManager(server)

    class Endpoint:
        async def __call__(self, scope, receive, send):
            await manager.handle_request(scope, receive, send)

    @contextlib.asynccontextmanager
    async def lifespan(app):
        async with manager.run():
            yield

    return Starlette(routes=[Route(PATHS["http"], Endpoint())], lifespan=lifespan)


def two_channels(server, options):
    from mcp.server.sse import SseServerTransport

    transport = SseServerTransport("/messages/")

    async def stream(request):
        async with transport.connect_sse(request.scope, request.receive, request._send) as (read, write):
            await server.run(read, write, options)
        return Response()

    messages = Mount("/messages/", app=transport.handle_post_message)
    return Starlette(routes=[Route(PATHS["sse"], stream), messages])
