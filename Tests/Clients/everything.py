"""The everything server of the SDK's examples, over Streamable HTTP on a port that it says."""

import sys
from pathlib import Path

import anyio

CLIENTS = Path(__file__).resolve().parent
SERVERS = CLIENTS.parent.parent / ".venv-stories/examples/servers"

if __name__ == "__main__":
    sys.path[:0] = [str(CLIENTS / "ages"), str(SERVERS / "everything-server")]
    import over_http
    from mcp_everything_server.server import event_store, mcp

    # As its own command serves it.
    app = mcp.streamable_http_app(event_store=event_store, retry_interval=100)
    anyio.run(over_http.listen, app, "/mcp")
