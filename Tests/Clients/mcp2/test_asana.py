"""The 33 tools of manifests/asana.yaml, called by the official SDK in both eras
against a mock that validates every request with Asana's own document."""

import asyncio
import base64
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

import asana_mock
import front as fronts
import rate

REASON = asana_mock.why_not()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

CANARY = "canary-4b1d-asana-token"
DAY = "2026-12-01"
INSTANT = "2026-12-01T10:00:00Z"

# Values of arguments whose schema does not say enough for the API to take them.
VALUES = {
    "workspace_id": ["11"], "workspace": ["11"], "offset": [], "followers": [["me", "5"]],
    "custom_fields": [{"123": "x"}], "custom_field_filters": [{"123.value": "x"}],
    "requested_dates": [[{"gid": "1", "value": INSTANT}]],
    "requested_roles": [[{"gid": "1", "value": "2"}]],
    "schedule_dates": [{"should_skip_weekends": True, "start_on": DAY}],
    "value": ["text"],  # Asana's document knows values of custom fields as text only
    "url": ["https://example.com/a"], "owner": ["me"], "assignee": ["me"],
    "html_notes": ["<body>x</body>"], "html_text": ["<body>x</body>"],
    "content_base64": [base64.b64encode(b"hello\r\n--x--" * 50).decode()],
    "mime_type": ["text/plain"], "parent": ["77"], "user_id": ["me"],
    "operations": [[
        {"tool": "asana_get_task", "arguments": {"task_id": "5"}},
        {"tool": "asana_create_task", "arguments": {"name": "n", "workspace_id": "11"}},
        {"tool": "asana_list_projects", "arguments": {"workspace_id": "11", "limit": 3}},
    ]],
}
# What has to stand beside an argument.
BESIDE = {
    "start_on": {"due_on": DAY}, "schedule_dates": {"include": ["task_dates"]},
    "url": {"name": "link"}, "file_name": {"content_base64": "aGk="},
    "mime_type": {"content_base64": "aGk="}, "name": {},
}


def values_for(name: str, schema: dict) -> list:
    if name in VALUES:
        return VALUES[name]
    if name.startswith("opt_fields"):  # every resource has a gid
        return [schema.get("default", [])[:2] or ["gid"]]
    if schema.get("enum"):
        return list(schema["enum"])
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        if "default" in schema:
            return [schema["default"][:2]]
        return [[value] for value in values_for("", schema.get("items", {}))[:2]]
    if kind == "boolean":
        return [True, False]
    if kind == "integer":
        return [max(schema.get("minimum", 1), 2)]
    if kind == "object":
        return [{}]
    if schema.get("format") == "date":
        return [DAY]
    if schema.get("format") == "date-time":
        return [INSTANT]
    return ["12345"] if "pattern" in schema else ["some text"]


def cases(tool) -> list[dict]:
    """Calls that together give every argument of a tool, one beyond what is needed at a time."""
    properties = tool.input_schema["properties"]
    needed = {n: values_for(n, properties[n])[0] for n in tool.input_schema.get("required", [])}
    if "workspace_id" in properties:
        needed["workspace_id"] = "11"
    if tool.name == "asana_add_task_comment":
        needed["text"] = "hello"
    if tool.name == "asana_upload_attachment":
        needed["content_base64"] = "aGk="
    calls = [dict(needed)]
    for name, schema in properties.items():
        for value in values_for(name, schema):
            call = {**needed, **BESIDE.get(name, {}), name: value}
            for other in excluded(name, tool):
                call.pop(other, None)
            calls.append(call)
    if "workspace_id" in properties:  # the configured one
        calls.append({n: v for n, v in needed.items() if n != "workspace_id"})
    return calls


def excluded(name: str, tool) -> list[str]:
    """What an argument must not stand beside, as its description and those of others say."""
    properties = tool.input_schema["properties"]
    pairs = []
    for one, schema in properties.items():
        text = schema.get("description", "")
        if "Not with " in text:
            names = text.split("Not with ")[1].split(".")[0].split(", ")
            pairs += [(one, other) for other in names]
    return [b if a == name else a for a, b in pairs if name in (a, b)]


def configuration(folder: Path) -> Path:
    """A folder with the shipped manifest and nothing else."""
    manifests = folder / "config" / "manifests"
    manifests.mkdir(parents=True, mode=0o700)
    shutil.copy(asana_mock.ROOT / "manifests" / "asana.yaml", manifests / "asana.yaml")
    (manifests / "asana.yaml").chmod(0o600)
    return folder / "config"


def parameters(folder: Path, marker: str, url: str, per_minute: int = 1_000_000):
    variable, value = marker.split("=", 1)
    return StdioServerParameters(
        command="bash",
        # What it writes to stderr is looked through for the token.
        args=["-c", 'exec "$0" "$@" 2>>"$LOG"', str(fronts.GATEWAY), "--config",
              str(configuration(folder)), "--state", str(folder / "state")],
        env={variable: value, "ASANA_BASE_URL": url, "ASANA_ACCESS_TOKEN": CANARY,
             "ASANA_WORKSPACE": "11", "ASANA_REQUESTS_PER_MINUTE": str(per_minute),
             "LOG": str(folder / "log"), "HOME": os.environ.get("HOME", "/root"),
             "PATH": os.environ["PATH"]},
    )


@pytest.fixture
def mock():
    running = asana_mock.Mock("--job-polls", "1")
    yield running
    running.stop()


def no_canary(folder: Path, *texts: str) -> None:
    for text in texts:
        assert CANARY not in text
    for file in [folder / "log", *(folder / "state").glob("*")]:
        if file.is_file():
            assert CANARY.encode() not in file.read_bytes(), file


@pytest.mark.timeout(300)  # some 300 calls, each checked against the whole document
@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_every_argument_of_every_tool(tmp_path, marker, mock, mode):
    async def talk():
        seen, answers = {}, []
        async with Client(parameters(tmp_path, marker, mock.url), mode=mode) as client:
            tools = (await client.list_tools()).tools
            assert len(tools) == 33

            async def call(tool, arguments):
                notes = []

                async def progress(done, total, message):
                    notes.append((done, total, message))

                result = await client.call_tool(
                    tool.name, arguments, progress_callback=progress)
                text = result.content[0].text
                answers.append(text)
                assert not result.is_error, (tool.name, arguments, text)
                assert json.loads(text) == result.structured_content
                values = [note[0] for note in notes]
                assert values == sorted(set(values)), values
                seen.setdefault(tool.name, set()).update(arguments)
                return result.structured_content, notes

            for tool in tools:
                told = 0
                for number, arguments in enumerate(cases(tool)):
                    # A job is polled once a second; once is enough.
                    if "wait" in tool.input_schema["properties"] and number > 0:
                        arguments["wait"] = False
                    result, notes = await call(tool, arguments)
                    told += len(notes)
                if "offset" in tool.input_schema["properties"]:
                    first = {**cases(tool)[0], "max_items": 1}
                    if "limit" in tool.input_schema["properties"]:
                        first["limit"] = 1
                    result, _ = await call(tool, first)
                    if "next" not in result:  # the mock has one page where there is no limit
                        seen[tool.name].add("offset")
                    else:
                        await call(tool, {**first, "offset": result["next"]})
                if tool.meta["switchyard/stream"] != "none":
                    assert told > 0, tool.name
                missing = set(tool.input_schema["properties"]) - seen[tool.name]
                assert not missing, (tool.name, missing)
        refused = [r for r in mock.take_requests() if r["status"] >= 400]
        assert not refused, refused
        no_canary(tmp_path, *answers)

    asyncio.run(asyncio.wait_for(talk(), 280))


def test_a_hierarchy_takes_few_requests_beside_each_other(tmp_path, marker):
    mock = asana_mock.Mock("--latency-ms", "50")

    async def talk():
        notes = []

        async def progress(done, total, message):
            notes.append((done, total, message))

        async with Client(parameters(tmp_path, marker, mock.url), mode="legacy") as client:
            await client.call_tool("asana_list_workspaces", {})
            mock.take_requests()
            start = time.monotonic()
            result = await client.call_tool(
                "asana_get_project_hierarchy", {"project_id": "1", "max_subtask_depth": 2},
                progress_callback=progress)
            took = time.monotonic() - start
        assert not result.is_error, result.content[0].text
        requests = mock.take_requests()
        sequential = sum(request["ms"] for request in requests) / 1000
        print(f"{len(requests)} requests, {took:.2f} s, one after the other {sequential:.2f} s")
        assert len(requests) <= 68
        # Each is 50 ms of waiting at least; a busy machine makes both slower.
        assert took <= max(sequential, len(requests) * 0.05) / 3
        assert len(notes) >= len(requests) - 1
        assert all(total is None or done <= total for done, total, _ in notes)

    try:
        asyncio.run(asyncio.wait_for(talk(), 60))
    finally:
        mock.stop()


def test_pages_are_followed_and_counted(tmp_path, marker, mock):
    async def talk():
        notes = []

        async def progress(done, total, message):
            notes.append(done)

        async with Client(parameters(tmp_path, marker, mock.url), mode="legacy") as client:
            result = await client.call_tool(
                "asana_list_projects", {"workspace_id": "11", "limit": 2},
                progress_callback=progress)
            assert len(result.structured_content["items"]) == 5
            assert notes == [2, 4, 5]
        assert len([r for r in mock.take_requests() if r["path"].endswith("/projects")]) == 3

    asyncio.run(asyncio.wait_for(talk(), 60))


@pytest.mark.parametrize("status", [401, 402, 403, 404, 412, 451, 500])
def test_faults_are_told_to_the_model(tmp_path, marker, mock, status):
    mock.fail(match="GET /tasks/*", status=status, times=1)

    async def talk():
        async with Client(parameters(tmp_path, marker, mock.url), mode="legacy") as client:
            result = await client.call_tool("asana_get_task", {"task_id": "5"})
            assert result.is_error
            assert str(status) in result.content[0].text
            again = await client.call_tool("asana_get_task", {"task_id": "5"})
            assert not again.is_error

    asyncio.run(asyncio.wait_for(talk(), 60))
    assert len(mock.take_requests()) == 2
    no_canary(tmp_path)


def test_the_rate_of_the_manifest_is_kept(tmp_path, marker):
    """Shortened: `Tests/Clients/rate.py` makes 10,000 calls."""
    # The 301st request of a minute would be refused, so the mock's minute is not waited for.
    outcome = rate.run(
        parameters, tmp_path, marker, calls=300, in_flight=50, allowed=300, believed=300)
    assert not outcome.lost
    assert outcome.statuses == {200: 300}
