"""What every client tries, whatever release of the SDK it stands on."""

import json
import os
from dataclasses import dataclass
from typing import Any

import anyio

# Generous: a test machine may be busy. Nothing that works waits for it.
PATIENCE = float(os.environ.get("TRIAL_PATIENCE", "30"))


@dataclass
class Result:
    text: str
    is_error: bool
    structured: Any


class Client:
    """What a client of a release is to provide; see client_1.py and client_2.py."""


async def until(condition):
    with anyio.fail_after(PATIENCE):
        while not condition():
            await anyio.sleep(0.01)


async def tools(client, name):
    assert (await client.call(f"{name}_add", {"a": 2, "b": 3})).text == "5"


async def tool_errors(client, name):
    result = await client.call(f"{name}_fail")
    assert result.is_error and "derailed" in result.text, result


async def structured_content(client, name):
    assert (await client.call(f"{name}_weigh")).structured == {"sum": 5}


async def progress(client, name):
    assert await client.count(f"{name}_count") == [1, 2, 3]


async def cancel(client, name):
    before = int((await client.call(f"{name}_cancels")).text)
    await client.cancel(f"{name}_wait")
    with anyio.fail_after(PATIENCE):
        while int((await client.call(f"{name}_cancels")).text) == before:
            await anyio.sleep(0.05)


async def prompts(client, name):
    assert await client.prompt(f"{name}_explain") == "Explain rails."


async def completion(client, name):
    assert await client.complete(f"{name}_explain") == ["signals", "switches"]


async def resources(client, name):
    uri = (await client.resources())[f"note of {name}"]
    assert uri == f"note://{name}", uri
    assert await client.read(uri) == f"{uri} by {name}"
    assert await client.read(f"page://{name}/rails") == f"page://{name}/rails by {name}"


async def shared_uris(client, name):
    """A URI that several services have: each copy can be read."""
    uri = (await client.resources())[f"shared by {name}"]
    assert await client.read(uri) == f"note://shared by {name}"


async def resource_updates(client, name):
    await client.touched(f"note://{name}", lambda: client.call(f"{name}_touch"))


async def logging(client, name):
    await client.call(f"{name}_log")
    await until(lambda: f"said by {name}" in client.logs)


async def list_changes(client, name):
    await client.grown(lambda: client.call(f"{name}_grow"), f"{name}_grown")
    assert (await client.call(f"{name}_grown", {"a": 1, "b": 1})).text == "2"


async def sampling(client, name):
    assert (await client.call(f"{name}_ask_model")).text == "track nine"


async def roots(client, name):
    assert (await client.call(f"{name}_ask_roots")).text == "file:///yard"


async def elicitation(client, name):
    assert (await client.call(f"{name}_ask_user")).text == "accept green"


# The tool that a service has if it can do it, and the trial.
FEATURES = {
    "tools": ("add", tools),
    "tool errors": ("fail", tool_errors),
    "structured content": ("weigh", structured_content),
    "progress": ("count", progress),
    "cancel": ("cancels", cancel),
    "prompts": ("add", prompts),
    "completion": ("add", completion),
    "resources": ("add", resources),
    "shared URIs": ("add", shared_uris),
    "resource updates": ("touch", resource_updates),
    "logging": ("log", logging),
    "list changes": ("grow", list_changes),
    "sampling": ("ask_model", sampling),
    "roots": ("ask_roots", roots),
    "elicitation": ("ask_user", elicitation),
}


def cause(error):
    """The first error inside of groups of them, which differ between releases."""
    while getattr(error, "exceptions", None):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


async def run(client, services):
    """Tries each feature on each service and prints what came of it."""
    await client.wish_for_logs()
    listed = await names(client, services)
    outcome = {}
    for name in services:
        row = outcome[name] = {}
        for feature, (tool, trial) in FEATURES.items():
            if f"{name}_add" not in listed:
                row[feature] = "its tools are not listed"
            elif f"{name}_{tool}" not in listed or client.lacks().get(feature):
                row[feature] = None
            else:
                row[feature] = await attempt(trial, client, name)
    print(json.dumps(outcome), flush=True)


async def names(client, services):
    """The tools listed once every service is there, or at the end of all patience."""
    listed = set()
    with anyio.move_on_after(PATIENCE):
        while True:
            listed = set(await client.tool_names())
            if all(f"{name}_add" in listed for name in services):
                break
            await anyio.sleep(0.2)
    return listed


async def attempt(trial, client, name):
    try:
        with anyio.fail_after(2 * PATIENCE):
            await trial(client, name)
    except Exception as error:
        return cause(error)
    return True
