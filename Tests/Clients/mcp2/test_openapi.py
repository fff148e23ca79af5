"""`switchyard import openapi` on Asana's own document: what it writes is checked, and
operations drawn from it are called against the mock that validates every request."""

import asyncio
import os
import random
import re
import subprocess
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

import asana_mock
import front as fronts

REASON = asana_mock.why_not()
pytestmark = pytest.mark.skipif(REASON is not None, reason=REASON or "")

SWITCHYARD = Path(fronts.GATEWAY).parent / "switchyard"
# What the API wants and its document does not say, or not in a way that a schema can hold.
BESIDE = {
    "imported_createBatchRequest":
        {"actions": [{"relative_path": "/users/me", "method": "get"}]},
    "imported_duplicateTask": {"include": "notes"},
    "imported_duplicateProject": {"include": "members"},
    "imported_getTasks": {"project": "12345"},
}
# The first call is always answered with 412 and a token for the next.
LEFT_OUT = ["imported_getEvents"]
DAY, INSTANT = "2026-12-01", "2026-12-01T10:00:00Z"


def sample(schema: dict, name: str = ""):
    """A value that the schema lets through."""
    if schema.get("enum"):
        return schema["enum"][0]
    kind = schema.get("type", "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [sample(schema.get("items", {}), name)] * max(1, schema.get("minItems", 0))
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("maximum", 2))
    if kind == "object":
        members = schema.get("properties", {})
        return {n: sample(members[n], n) for n in schema.get("required", [])}
    if schema.get("format") == "date":
        return DAY
    if schema.get("format") == "date-time":
        return INSTANT
    if schema.get("format") == "uri":
        return "https://example.com/a"
    if schema.get("contentEncoding") == "base64":
        return "aGVsbG8="
    return "12345"


def arguments(tool, bodies: set[tuple[str, str]]) -> dict:
    """What is required, and every plain value that goes into a body."""
    properties = tool.input_schema.get("properties", {})
    names = list(tool.input_schema.get("required", []))
    for name, schema in properties.items():
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        is_plain = kind in ("string", "boolean", "integer") and (tool.name, name) in bodies
        if is_plain or "contentEncoding" in schema:
            names.append(name)
    values = {name: sample(properties[name], name) for name in names}
    return {**values, **BESIDE.get(tool.name, {})}


def body_arguments(text: str) -> set[tuple[str, str]]:
    """Tool and argument for what the manifest puts into a body."""
    found, tool = set(), ""
    for line in text.splitlines():
        if match := re.match(r"  ([\w-]+):$", line):
            tool = "imported_" + match[1]
        elif match := re.match(r"      ([\w-]+): {.*\bin: body\b", line):
            found.add((tool, match[1]))
    return found


def test_imported_operations(tmp_path, marker):
    config = tmp_path / "config"
    manifests = config / "manifests"
    manifests.mkdir(parents=True, mode=0o700)
    file = manifests / "imported.yaml"
    done = subprocess.run(
        [SWITCHYARD, "import", "openapi", str(asana_mock.document()), "--service", "imported",
         "--output", str(file)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "247 tools" in done.stderr
    text = file.read_text()
    for note in re.findall(r"^note: (.*)$", done.stderr, re.M):
        assert f"# - {note}" in text
    environment = {"IMPORTED_TOKEN": "t", "HOME": os.environ.get("HOME", "/root"),
                   "PATH": os.environ["PATH"]}
    checked = subprocess.run(
        [SWITCHYARD, "check", str(file)], capture_output=True, text=True, timeout=120,
        env=environment)
    assert checked.returncode == 0, checked.stdout[-4000:]

    seed = int(os.environ.get("SWITCHYARD_SEED") or random.randrange(1 << 32))
    count = int(os.environ.get("SWITCHYARD_OPERATIONS") or 20)
    print(f"SWITCHYARD_SEED={seed}")
    bodies = body_arguments(text)
    mock = asana_mock.Mock("--job-polls", "1")
    try:
        file.write_text(text.replace("https://app.asana.com/api/1.0", mock.url))
        variable, value = marker.split("=", 1)
        server = StdioServerParameters(
            command=str(fronts.GATEWAY),
            args=["--config", str(config), "--state", str(tmp_path / "state")],
            env={**environment, variable: value})

        async def talk():
            async with Client(server, mode="legacy") as client:
                tools, cursor = [], None
                while True:
                    page = await client.list_tools(cursor=cursor)
                    tools += page.tools
                    cursor = page.next_cursor
                    if not cursor:
                        break
                assert len(tools) == 247
                tools = sorted((t for t in tools if t.name not in LEFT_OUT), key=lambda t: t.name)
                drawn = random.Random(seed).sample(tools, count)
                for tool in drawn:
                    given = arguments(tool, bodies)
                    result = await client.call_tool(tool.name, given)
                    assert not result.is_error, (
                        seed, tool.name, given, result.content[0].text, mock.take_requests()[-1:])

        asyncio.run(asyncio.wait_for(talk(), 120))
        refused = [r for r in mock.take_requests() if r["status"] >= 400]
        assert not refused, (seed, refused)
    finally:
        mock.stop()
