"""The official SDK's example stories give through us what they give directly.

Each is a client and a server that assert what they teach. Beyond that, what
the client received is compared message by message.
"""

import sys
import time

import front as fronts
import processes
import pytest
from conversation import MODERN, Conversation
import story as stories

BOTH = ["tools", "resources", "prompts", "pagination", "streaming", "error_handling"]
AUTO = ["mrtr", "subscriptions", "refund_desk", "stickynotes", "schema_validators", "extensions",
        "lifespan", "middleware", "dual_era", "serve_one", "apps"]
LEGACY = ["sampling", "roots", "legacy_elicitation", "custom_methods"]
PAIRS = [(name, mode) for name in BOTH for mode in ("legacy", "auto")]
PAIRS += [(name, "auto") for name in AUTO] + [(name, "legacy") for name in LEGACY]

pytestmark = pytest.mark.skipif(
    not stories.STORIES.exists(), reason="the stories could not be fetched; Tests/Clients/setup does it"
)


# What a hop makes up itself, or a server makes up anew each time.
VARIABLE = {"requestState", "elicitationId"}
# Of the answers to these, only what is the service's own.
OPENINGS = {"initialize", "server/discover"}
OWN = ["protocolVersion", "supportedVersions", "serverInfo", "instructions", "_meta"]
# Stories whose answers must differ, and why.
DIFFERENT = {
    "middleware": "the answer lists the requests that the server got, and we ask it for its lists",
    "serve_one": "the server is of the legacy era; directly its client is too, through us it is modern",
}


def comparable(value):
    if isinstance(value, dict):
        return {k: "(any)" if k in VARIABLE else comparable(v) for k, v in value.items()}
    return [comparable(v) for v in value] if isinstance(value, list) else value


def comparable_answers(connection):
    answers = {}
    for place, (method, answer) in connection.answers().items():
        if method in OPENINGS:
            answer = {k: answer.get(k) for k in OWN} | {
                "extensions": answer.get("capabilities", {}).get("extensions")
            }
        answers[place] = (method, comparable(answer))
    return answers


def server_of(name):
    return [sys.executable, str(stories.STORIES / name / "server.py")]


def acquaint(argv, mode):
    """Lets the gateway learn what the service is, however slow the machine is to start it.

    Only the first hello of all depends on that; Tests/EndToEndTests has tests of it.
    """
    with Conversation(argv, {}, MODERN if mode == "auto" else "2025-11-25") as talk:
        deadline = time.monotonic() + 30
        while "switchyard" in str(talk.open()[1]) and time.monotonic() < deadline:
            talk.request("tools/list")
            time.sleep(0.1)


@pytest.mark.parametrize("name, mode", PAIRS, ids=[f"{name}, {mode}" for name, mode in PAIRS])
def test_a_story_is_the_same_through_the_gateway(name, mode, tmp_path, marker):
    variable, value = marker.split("=", 1)
    environment = {"PYTHONPATH": str(stories.EXAMPLES), variable: value}
    direct = stories.run(name, mode, server_of(name), environment)
    argv = fronts.write_single(tmp_path, server_of(name), environment)
    if name not in DIFFERENT:
        acquaint(argv, mode)
    through = stories.run(name, mode, argv, {variable: value})

    assert len(through) == len(direct)
    for theirs, ours in zip(direct, through):
        if name not in DIFFERENT:
            assert comparable_answers(ours) == comparable_answers(theirs)
        assert comparable(ours.asked()) == comparable(theirs.asked())
        for method in theirs.notified() | ours.notified():
            assert comparable(ours.told(method)) == comparable(theirs.told(method))
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"
