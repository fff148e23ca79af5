"""All five revisions, spoken raw; the SDK's own validator reads every result."""

import json

import front as fronts
import pytest
from conversation import MODERN, REVISIONS, Conversation
from mcp_types.methods import validate_server_result

LISTS = {
    "tools/list": ("tools", "tools"),
    "prompts/list": ("prompts", "prompts"),
    "resources/list": ("resources", "resources"),
    "resources/templates/list": ("resources", "resourceTemplates"),
}


def not_found_is_fair(method, error, capabilities):
    """A list may be refused only where its capability is not offered."""
    return error["code"] == -32601 and LISTS[method][0] not in capabilities


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_result_is_valid_in_its_revision(front, revision):
    with Conversation(front.argv, front.environment, revision) as talk:
        method, hello = talk.open()
        validate_server_result(method, revision, hello)
        for method, (_, key) in LISTS.items():
            results, elements = talk.all(method, key)
            if elements is None:
                assert not_found_is_fair(method, results, hello["capabilities"])
                continue
            for result in results:
                validate_server_result(method, revision, result)
            if method == "tools/list":
                assert front.tools <= {tool["name"] for tool in elements}
        for call in front.calls:
            params = {"name": call.tool, "arguments": call.arguments}
            result = talk.request("tools/call", params)["result"]
            validate_server_result("tools/call", revision, result)
            assert call.expected in json.dumps(result["content"])
            assert result.get("isError", False) == call.is_error


def tools_of(argv, environment, revision):
    with Conversation(argv, environment, revision) as talk:
        talk.open()
        return talk.all("tools/list", "tools")[1]


@pytest.mark.skipif(fronts.IS_DIRECT, reason="compares the gateway with the servers")
def test_tools_are_the_servers_own_but_for_the_name(front, setup_of_front, repository):
    era, _, services = setup_of_front
    revision = MODERN if era == "mcp2" else "2025-11-25"
    through = {tool.pop("name"): tool for tool in tools_of(front.argv, front.environment, revision)}
    wanted = {}
    for service in services:
        for tool in tools_of(fronts.server(service, era, repository), front.environment, revision):
            name = tool.pop("name")
            wanted[name if name.startswith(f"{service}_") else f"{service}_{name}"] = tool
    assert through == wanted


def test_two_lists_have_the_same_order(front):
    with Conversation(front.argv, front.environment, "2025-11-25") as talk:
        talk.open()
        first = talk.all("tools/list", "tools")[1]
        assert talk.all("tools/list", "tools")[1] == first
