"""The manifests that come with the project, as they are, each started and called."""

import asyncio
import json
import os
import shutil
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import front as fronts
import processes
import pytest
import webserver
from mcp import Client, StdioServerParameters

pytestmark = pytest.mark.skipif(fronts.IS_DIRECT, reason="is about the gateway's manifests")
MANIFESTS = fronts.ROOT / "manifests"


PAGE = b"""<!doctype html><html><head><title>Line 1</title></head><body><article>
<h1>Where the line begins</h1><p>At <a href="/depot">the depot</a>, every morning, before the first
of the trains has left the yard and the signals are set for the day.</p></article></body></html>"""


class Web(BaseHTTPRequestHandler):
    """As much of GitHub's API as two calls need, and a page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        place = urlsplit(self.path)
        page = parse_qs(place.query).get("page", ["1"])[0]
        headers = {"Content-Type": "application/json"}
        if place.path == "/repos/a/b/issues":
            body = json.dumps([{"number": int(page), "title": f"Issue {page}", "user": {"login": "x"}}])
            body = body.encode()
            if page == "1":
                link = f"http://{self.headers['Host']}{place.path}?{place.query}&page=2"
                headers["Link"] = f'<{link}>; rel="next"'
        elif place.path == "/repos/a/b":
            body = b'{"full_name": "a/b", "secret": 1}'
        elif place.path == "/page":
            headers["Content-Type"] = "text/html; charset=utf-8"
            body = PAGE
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    with webserver.serving(Web) as server:
        yield server


def parameters(folder, names, marker, **variables):
    """The gateway with copies of these manifests."""
    copies = folder / "config" / "manifests"
    copies.mkdir(parents=True, mode=0o700)
    for name in names:
        shutil.copy(MANIFESTS / f"{name}.yaml", copies)
    variable, value = marker.split("=", 1)
    environment = {
        "PATH": f"{fronts.ROOT / '.venv-mcp2/bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        variable: value,
        **variables,
    }
    command = ["--config", str(folder / "config"), "--state", str(folder / "state")]
    return StdioServerParameters(command=str(fronts.GATEWAY), args=command, env=environment)


def text_of(result):
    return "".join(block.text for block in result.content if block.type == "text")


def test_time_git_and_fetch_start_and_answer(tmp_path, repository, marker, web):
    start = parameters(
        tmp_path, ["time", "git", "fetch"], marker, GIT_REPOSITORY=str(repository)
    )

    async def talk():
        async with Client(start, mode="2026-07-28") as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert {"time_get_current_time", "git_log"} <= tools
            fetch = next(name for name in tools if name in ("fetch", "fetch_fetch"))
            now = await client.call_tool("time_get_current_time", {"timezone": "UTC"})
            assert "UTC" in text_of(now)
            log = await client.call_tool("git_log", {"repo_path": str(repository)})
            assert "Lay the first rail" in text_of(log)
            # As it comes the server fetches nothing from this machine, and says so.
            page = await client.call_tool(fetch, {"url": web.url + "/page"})
            assert page.is_error and "not a public address" in text_of(page)

    asyncio.run(talk())
    assert not processes.left_after(marker, seconds=2)
    assert not web.seen


def test_fetch_fetches_a_page(tmp_path, marker, web):
    """CI has no page but those of this machine, which the server must be allowed to fetch."""
    start = parameters(tmp_path, ["fetch"], marker)
    manifest = tmp_path / "config" / "manifests" / "fetch.yaml"
    command = "  command: mcp-server-fetch\n"
    text = manifest.read_text()
    assert command in text
    manifest.write_text(text.replace(command, command + "  args: [--allow-private-ips]\n"))

    async def talk():
        async with Client(start, mode="2026-07-28") as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            fetch = next(name for name in tools if name in ("fetch", "fetch_fetch"))
            # Not simplified: what the server does that with may want to load more of itself first.
            page = await client.call_tool(fetch, {"url": web.url + "/page", "raw": True})
            assert not page.is_error, text_of(page)
            assert "<h1>Where the line begins</h1>" in text_of(page)
            part = await client.call_tool(
                fetch, {"url": web.url + "/page", "raw": True, "max_length": 15}
            )
            assert "<!doctype html>" in text_of(part) and "<h1>" not in text_of(part)
            none = await client.call_tool(fetch, {"url": web.url + "/none"})
            assert none.is_error and "404" in text_of(none)

    asyncio.run(talk())
    assert "/page" in [urlsplit(path).path for path, _ in web.seen]
    assert not processes.left_after(marker, seconds=2)


def test_github_is_called_with_its_headers_and_links(tmp_path, marker, web):
    start = parameters(
        tmp_path, ["github"], marker, GITHUB_API_URL=web.url, GITHUB_TOKEN="t0ken"
    )

    async def talk():
        async with Client(start, mode="2026-07-28") as client:
            one = await client.call_tool(
                "github_get_repository", {"owner": "a", "repository": "b"}
            )
            assert one.structured_content == {"full_name": "a/b"}
            issues = await client.call_tool(
                "github_list_issues", {"owner": "a", "repository": "b", "labels": ["x", "y"]}
            )
            assert [item["number"] for item in issues.structured_content["items"]] == [1, 2]
            bad = await client.call_tool(
                "github_get_repository", {"owner": "a/../../x", "repository": "b"}
            )
            assert bad.is_error and "/owner" in text_of(bad)

    asyncio.run(talk())
    paths = [urlsplit(path) for path, _ in web.seen]
    assert [path.path for path in paths] == ["/repos/a/b", *["/repos/a/b/issues"] * 2]
    first = parse_qs(paths[1].query)
    assert first["labels"] == ["x,y"] and first["state"] == ["open"]
    for _, headers in web.seen:
        assert headers["Authorization"] == "Bearer t0ken"
        assert headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert headers["Accept"] == "application/vnd.github+json"
    assert not processes.left_after(marker, seconds=2)
