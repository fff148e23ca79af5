"""A conversation line by line, for what no SDK lets through."""

import json
import os
import subprocess
import threading

LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
MODERN = "2026-07-28"
REVISIONS = [*LEGACY, MODERN]
CLIENT = {"name": "tests", "version": "1"}


class Conversation:
    """Requests and answers of one revision; every line of stdout must be JSON-RPC."""

    def __init__(self, argv, environment, revision):
        self.revision = revision
        self.last_id = 0
        self.notifications = []
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        guard = threading.Timer(2.0, self.process.kill)
        guard.start()
        rest = self.process.stdout.read()
        code = self.process.wait()
        guard.cancel()
        self.process.stdout.close()
        for line in rest.splitlines():
            assert json.loads(line)["jsonrpc"] == "2.0"
        assert code == 0, f"ended with {code}; -9 means it did not end within 2 s"

    def request(self, method, params=None):
        """The whole answer, result or error."""
        self.last_id += 1
        message = {"jsonrpc": "2.0", "id": self.last_id, "method": method}
        params = dict(params or {})
        if self.revision == MODERN:
            params["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": MODERN,
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": CLIENT,
            }
        if params:
            message["params"] = params
        self.send(message)
        while True:
            line = self.process.stdout.readline()
            assert line, "the output ended instead of an answer"
            answer = json.loads(line)
            assert answer["jsonrpc"] == "2.0"
            if "method" in answer:
                self.notifications.append(answer)
                continue
            assert answer["id"] == self.last_id
            assert ("result" in answer) != ("error" in answer)
            return answer

    def send(self, message):
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def open(self):
        """What the revision begins with; returns the method and its result."""
        if self.revision == MODERN:
            return "server/discover", self.request("server/discover")["result"]
        hello = {"protocolVersion": self.revision, "capabilities": {}, "clientInfo": CLIENT}
        result = self.request("initialize", hello)["result"]
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return "initialize", result

    def all(self, method, key):
        """Every page of a list: the results, and their elements together."""
        results, elements, params = [], [], {}
        while True:
            answer = self.request(method, params)
            if "error" in answer:
                return answer["error"], None
            results.append(answer["result"])
            elements += answer["result"][key]
            if "nextCursor" not in answer["result"]:
                return results, elements
            params = {"cursor": answer["result"]["nextCursor"]}
