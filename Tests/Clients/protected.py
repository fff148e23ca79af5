"""The OAuth story of the SDK's examples, resource and authorization server in one, on a port of its
own that it says."""

import os
import socket
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / ".venv-stories/examples"

if __name__ == "__main__":
    sys.path.insert(0, str(EXAMPLES))
    os.environ["OAUTH_DEMO_AUTO_CONSENT"] = "1"
    import uvicorn
    from stories._shared import auth

    listener = socket.create_server(("127.0.0.1", 0))
    auth.BASE_URL = f"http://127.0.0.1:{listener.getsockname()[1]}"
    auth.MCP_URL = f"{auth.BASE_URL}/mcp"
    from stories.oauth.server import build_app

    print(auth.MCP_URL, flush=True)
    config = uvicorn.Config(build_app(), log_level="warning", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])
