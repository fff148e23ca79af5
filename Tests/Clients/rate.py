"""Many calls against a mock of Asana that counts requests a minute.

As a command it makes 10,000 calls, 50 in flight, once with a manifest that says
what the mock allows (there must be no 429) and once with a mock that allows half
of that: every call must still succeed, and nothing may be sent before a Retry-After is
over. It takes about five minutes:

    .venv-mcp2/bin/python Tests/Clients/rate.py [CALLS [PER_MINUTE]]
"""

import asyncio
import collections
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import asana_mock
from timekeeper import Timekeeper

# Requests that were under way when the refusal came, on a machine that does other work.
SLACK = 0.25


@dataclass
class Outcome:
    """What became of the calls, and what the mock answered."""

    lost: list[str] = field(default_factory=list)
    statuses: collections.Counter = field(default_factory=collections.Counter)
    seconds: float = 0.0
    # The requests as the mock has seen them, by path and status; each call has its own path.
    seen: set = field(default_factory=set)
    # How often the mock told to wait, the longest of it, and what came before it was over.
    waits: int = 0
    longest: float = 0.0
    early: list[float] = field(default_factory=list)

    def note(self, requests: list[dict]) -> None:
        self.seen.update((request["path"], request["status"]) for request in requests)

    @property
    def refused(self) -> int:
        """Calls of which at least one request was answered with 429."""
        return sum(status == 429 for _, status in self.seen)

    @property
    def served(self) -> int:
        return sum(status == 200 for _, status in self.seen)


def run(parameters, folder: Path, marker: str, calls: int, in_flight: int, allowed: int,
        believed: int, settings: str = "") -> Outcome:
    """`calls` calls against a mock that allows so many a minute."""
    from mcp import Client

    mock = asana_mock.Mock("--rate", str(allowed), "--no-validate")
    outcome = Outcome()

    async def talk():
        keeper = Timekeeper(int(mock.root.rsplit(":", 1)[1]))
        url = await keeper.start()
        server = parameters(folder, marker, url + mock.url[len(mock.root):], believed)
        if settings:
            (folder / "config" / "gateway.yaml").write_text(settings)
        async with Client(server, mode="legacy") as client:
            places = asyncio.Semaphore(in_flight)
            mock.take_requests()

            async def one(number):
                async with places:
                    arguments = {"task_id": str(1000 + number)}
                    result = await client.call_tool("asana_get_task", arguments)
                    if result.is_error:
                        outcome.lost.append(result.content[0].text)

            async def watch():
                # The mock remembers 5,000 requests, so it is asked before it forgets any.
                while True:
                    await asyncio.sleep(3)
                    outcome.note(await asyncio.to_thread(mock.latest_requests))

            start = time.monotonic()
            watching = asyncio.create_task(watch())
            await asyncio.gather(*(one(number) for number in range(calls)))
            outcome.seconds = time.monotonic() - start
            watching.cancel()
        outcome.waits = len(keeper.refusals)
        outcome.longest = max((wait for _, wait in keeper.refusals), default=0)
        outcome.early = keeper.early(SLACK)

    try:
        asyncio.run(asyncio.wait_for(talk(), 900))
        latest = mock.take_requests()
        outcome.note(latest)
        for request in latest:
            outcome.statuses[request["status"]] += 1
    finally:
        mock.stop()
    return outcome


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parent / "mcp2"))
    from test_asana import parameters

    if asana_mock.why_not():
        print(asana_mock.why_not())
        return 1
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rate = int(sys.argv[2]) if len(sys.argv) > 2 else 6_000
    failed = 0
    for allowed in [rate, rate // 2]:
        with tempfile.TemporaryDirectory() as folder:
            marker = f"SWITCHYARD_TEST={uuid.uuid4().hex}"
            outcome = run(parameters, Path(folder), marker, calls, 50, allowed, rate,
                          "deadlines: {call: 5m}\n")
        print(f"{calls} calls, manifest {rate} a minute, mock {allowed}: {outcome.seconds:.0f} s, "
              f"{len(outcome.lost)} lost, {outcome.served} seen served, "
              f"{outcome.refused} refused with 429, {outcome.waits} times told to wait up to "
              f"{outcome.longest:.0f} s, {len(outcome.early)} sent before that was over",
              flush=True)
        failed += len(outcome.lost) + calls - outcome.served
        failed += len(outcome.early)
        failed += outcome.refused if allowed == rate else 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
