"""The two servers of the SDK's simple-auth, on ports of their own; says where the resource is."""

import socket
import sys
import threading

import uvicorn
from authorization import EXAMPLES

sys.path.insert(0, str(EXAMPLES))

from mcp_simple_auth.auth_server import AuthServerSettings, SimpleAuthSettings, create_authorization_server
from mcp_simple_auth.server import ResourceServerSettings, create_resource_server


def listener():
    found = socket.create_server(("127.0.0.1", 0))
    return found, f"http://127.0.0.1:{found.getsockname()[1]}"


def server(app):
    return uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))


if __name__ == "__main__":
    issuing, origin = listener()
    serving, resource = listener()
    settings = AuthServerSettings(
        host="127.0.0.1", server_url=origin, auth_callback_path=origin + "/login"
    )
    issuer = server(create_authorization_server(settings, SimpleAuthSettings()))
    threading.Thread(target=issuer.run, kwargs={"sockets": [issuing]}, daemon=True).start()
    app = create_resource_server(ResourceServerSettings(
        host="127.0.0.1", server_url=resource + "/mcp", auth_server_url=origin,
        auth_server_introspection_endpoint=origin + "/introspect", oauth_strict=True,
    )).streamable_http_app()
    print(resource + "/mcp", flush=True)
    server(app).run(sockets=[serving])
