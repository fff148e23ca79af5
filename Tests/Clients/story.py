"""Runs one story of the SDK against a command and writes down what its client got."""

import importlib
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import StdioServerParameters
from mcp.client.stdio import stdio_client

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / ".venv-stories/examples"
STORIES = EXAMPLES / "stories"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"


@dataclass
class Connection:
    """The messages of one connection, in the order in which the client saw them.

    Ids are replaced by the position of the request that they belong to: some of
    the SDK's are counted over all connections of a process.
    """

    sent: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)

    def answers(self) -> dict[int, tuple[str, dict[str, Any]]]:
        """What came back by request, with the method that it answers; cancelled ones left out."""
        places, methods = self._places(), [m["method"] for m in self._requests()]
        answers = [m for m in self.received if "method" not in m]
        assert len({m["id"] for m in answers}) == len(answers), "an id was answered twice"
        return {
            places[m["id"]]: (methods[places[m["id"]]], m.get("result", m.get("error")))
            for m in answers
            if m["id"] not in self._cancelled()
        }

    def asked(self) -> list[dict[str, Any]]:
        """The server's requests; their ids are made anew by every hop."""
        wanted = [m for m in self.received if "method" in m and "id" in m]
        return [{k: v for k, v in m.items() if k != "id"} for m in wanted]

    def told(self, method: str) -> list[dict[str, Any]]:
        """Notifications, but those of cancelled requests: they race with the cancel."""
        if method == "notifications/message" and self._cancelled():
            return []
        places, told = self._places(), []
        for message in self.received:
            if message.get("method") != method or "id" in message:
                continue
            params = dict(message.get("params", {}))
            if params.get("progressToken") in self._cancelled():
                continue
            if "progressToken" in params:
                params["progressToken"] = places[params["progressToken"]]
            if SUBSCRIPTION in params.get("_meta", {}):
                params["_meta"] = {**params["_meta"], SUBSCRIPTION: places[params["_meta"][SUBSCRIPTION]]}
            told.append(params)
        return told

    def notified(self) -> set[str]:
        return {m["method"] for m in self.received if "method" in m and "id" not in m}

    def _requests(self):
        return [m for m in self.sent if "method" in m and "id" in m]

    def _places(self):
        return {m["id"]: place for place, m in enumerate(self._requests())}

    def _cancelled(self):
        return {
            m["params"]["requestId"] for m in self.sent if m.get("method") == "notifications/cancelled"
        }


class Writer:
    """A stream of the SDK that notes what is sent."""

    def __init__(self, stream, notes):
        self.stream, self.notes = stream, notes

    async def send(self, item):
        self.notes.append(plain(item))
        await self.stream.send(item)

    async def aclose(self):
        await self.stream.aclose()

    async def __aenter__(self):
        await self.stream.__aenter__()
        return self

    async def __aexit__(self, *error):
        return await self.stream.__aexit__(*error)


class Reader(Writer):
    """A stream of the SDK that notes what is received."""

    async def receive(self):
        item = await self.stream.receive()
        self.notes.append(plain(item))
        return item

    def __aiter__(self):
        return self

    async def __anext__(self):
        item = await self.stream.__anext__()
        self.notes.append(plain(item))
        return item


def plain(item) -> dict[str, Any]:
    if isinstance(item, Exception):
        raise item  # a line that is no MCP message
    return item.message.model_dump(by_alias=True, mode="json", exclude_unset=True)


def import_story(name: str):
    if str(EXAMPLES) not in sys.path:
        sys.path.insert(0, str(EXAMPLES))
    return importlib.import_module(f"stories.{name}.client")


def run(name: str, mode: str, argv: list[str], environment: dict[str, str]) -> list[Connection]:
    """Every connection that the story opened; raises what the story raises."""
    story = import_story(name)
    connections = []
    parameters = StdioServerParameters(command=argv[0], args=argv[1:], env=environment)

    @asynccontextmanager
    async def target():
        connection = Connection()
        connections.append(connection)
        async with stdio_client(parameters) as (read, write):
            yield Reader(read, connection.received), Writer(write, connection.sent)

    async def talk():
        with anyio.fail_after(40):
            takes_many = story.main.__code__.co_varnames[0] == "targets"
            await story.main(target if takes_many else target(), mode=mode)

    anyio.run(talk)
    return connections
