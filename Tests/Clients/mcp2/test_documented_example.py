"""The worked example of docs/manifest.md, run against the API that the page describes."""

import asyncio
import json
import os
import re
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import front as fronts
import processes
import pytest
import webserver
from mcp import Client, StdioServerParameters

pytestmark = pytest.mark.skipif(fronts.IS_DIRECT, reason="is about the gateway's manifests")
BOOKS = [
    {"id": n, "title": f"Book {n}", "author": {"name": "Le Guin", "born": 1929}, "shelf": n}
    for n in (1, 2, 3)
]
LOANS = {"4": {"id": 4, "reader": "ann"}, "5": {"id": 5, "reader": "bob"}}


class Library(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, body, status=200):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.server.seen.append(("GET", self.path, None))
        place = urlsplit(self.path)
        if self.headers["X-Library-Token"] != "t0ken":
            return self.answer({"error": {"message": "Who are you?"}}, 401)
        if place.path == "/api/books":
            query = parse_qs(place.query)
            size, page = int(query["per_page"][0]), int(query.get("page", ["1"])[0])
            return self.answer({"books": BOOKS[(page - 1) * size : page * size]})
        if place.path == "/api/books/7":
            loans = [{"id": 4, "returned": False}, {"id": 5, "returned": True}]
            return self.answer({"id": 7, "title": "Always", "loans": loans})
        if place.path.startswith("/api/loans/"):
            return self.answer(LOANS[place.path.rsplit("/", 1)[1]])
        return self.answer({"error": {"message": "There is no such book."}}, 404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(("POST", self.path, json.loads(body)))
        self.answer({"lent": True}, 201)

    def log_message(self, *_):
        pass


@pytest.fixture
def library():
    with webserver.serving(Library) as server:
        server.url += "/api"
        yield server


def example():
    page = (fronts.ROOT / "docs/manifest.md").read_text()
    section = page.split("### A worked example", 1)[1]
    return re.search(r"```yaml\n(.*?)```", section, re.DOTALL).group(1)


def test_the_example_does_what_the_page_says(tmp_path, marker, library):
    manifests = tmp_path / "config" / "manifests"
    manifests.mkdir(parents=True, mode=0o700)
    (manifests / "library.yaml").write_text(example())
    variable, value = marker.split("=", 1)
    start = StdioServerParameters(
        command=str(fronts.GATEWAY),
        args=["--config", str(tmp_path / "config"), "--state", str(tmp_path / "state")],
        env={
            "PATH": os.environ["PATH"],
            "LIBRARY_URL": library.url,
            "LIBRARY_TOKEN": "t0ken",
            variable: value,
        },
    )

    async def talk():
        async with Client(start, mode="2026-07-28") as client:

            async def call(tool, **arguments):
                return await client.call_tool("library_" + tool, arguments)

            found = await call("find_books", author="Le Guin", languages=["en", "de"])
            assert found.structured_content["items"][0] == {
                "id": 1, "title": "Book 1", "author": {"name": "Le Guin"}
            }
            assert len(found.structured_content["items"]) == 3
            lent = await call("lend_book", book="7", reader="ann")
            assert lent.structured_content == {"lent": True}
            refused = await call("lend_book", book="7/../8", reader="ann")
            assert refused.is_error
            assert "/book must match the pattern ^[0-9]+$" in refused.content[0].text
            whole = await call("book_with_loans", book="7", open_only=True)
            assert whole.structured_content["book"]["title"] == "Always"
            assert whole.structured_content["loans"] == [LOANS["4"]]
            missing = await call("book_with_loans", book="8")
            assert missing.is_error and "There is no such book." in missing.content[0].text

    asyncio.run(talk())
    page = "/api/books?sort=title&author=Le%20Guin&lang=en,de&per_page=2"
    assert library.seen[0] == ("GET", page, None)
    # The order of parameters is nobody's concern.
    assert sorted(library.seen[1][1].split("&")) == sorted((page + "&page=2").split("&"))
    assert library.seen[2] == ("POST", "/api/books/7/loans", {"loan": {"reader": "ann"}})
    assert [path for _, path, _ in library.seen[3:]] == [
        "/api/books/7", "/api/loans/4", "/api/books/8"
    ]
    assert not processes.left_after(marker, seconds=2)
