"""An HTTP proxy that notes when requests come and when they are refused for their rate."""

import asyncio
import re
import time


class Timekeeper:
    """Carries requests with a length to one server, and keeps their times."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.arrivals: list[float] = []
        # When a 429 was handed on, and for how long it asks to wait.
        self.refusals: list[tuple[float, float]] = []

    async def start(self) -> str:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def early(self, slack: float) -> list[float]:
        """Seconds by which requests came before a wait was over, but for those that had left before
        the refusal arrived, for which `slack` seconds are allowed."""
        return [end - arrival for refused, wait in self.refusals for end in [refused + wait]
                for arrival in self.arrivals if refused + slack < arrival < end - slack]

    async def _serve(self, reader, writer) -> None:
        above, below = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while True:
                head, body = await self._message(reader)
                self.arrivals.append(time.monotonic())
                below.write(head + body)
                head, body = await self._message(above)
                writer.write(head + body)
                await writer.drain()
                if head.split(b" ", 2)[1] == b"429":
                    self.refusals.append((time.monotonic(), self._number(head, b"retry-after")))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            below.close()
            writer.close()

    async def _message(self, reader) -> tuple[bytes, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        return head, await reader.readexactly(int(self._number(head, b"content-length")))

    @staticmethod
    def _number(head: bytes, name: bytes) -> float:
        found = re.search(rb"\r\n" + name + rb":\s*([0-9.]+)", head, re.IGNORECASE)
        return float(found.group(1)) if found else 0.0
