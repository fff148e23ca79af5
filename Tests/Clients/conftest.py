"""The front that a test talks to, and the check that nothing outlives it."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
os.environ["MCP_USE_ANONYMIZED_TELEMETRY"] = "false"

import front as fronts  # noqa: E402
import processes  # noqa: E402

# Both majors of the servers stand behind every client, so that all four pairs
# of eras are met; and every client connects over pipes and over sockets.
COMBINATIONS = [("mcp2", "pipes"), ("mcp2", "sockets"), ("mcp1", "pipes")]
SERVICES = [["time", "git"]]
if fronts.IS_DIRECT:  # without us a modern client and a legacy server do not meet
    COMBINATIONS = [("mcp2", "pipes"), ("mcp2", "sockets")]
    SERVICES = [["time"], ["git"]]


def pytest_generate_tests(metafunc):
    if "setup_of_front" in metafunc.fixturenames:
        combinations = [(e, c, s) for e, c in COMBINATIONS for s in SERVICES]
        names = [f"{e} servers, {c}, {'+'.join(s)}" for e, c, s in combinations]
        metafunc.parametrize("setup_of_front", combinations, ids=names)


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("repository")
    who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.invalid"]
    (path / "README").write_text("Rails.\n")
    for arguments in (["init", "-q"], ["add", "README"], [*who, "commit", "-qm", "Lay the first rail"]):
        subprocess.run(["git", "-C", str(path), *arguments], check=True)
    return path


@pytest.fixture
def marker() -> str:
    return f"SWITCHYARD_TEST={uuid.uuid4().hex}"


@pytest.fixture
def front(setup_of_front, tmp_path, repository, marker):
    era, connection, services = setup_of_front
    if not fronts.IS_DIRECT and not fronts.GATEWAY.exists():
        pytest.fail(f"{fronts.GATEWAY} is missing; swift build makes it")
    yield fronts.make(tmp_path, repository, marker, era, connection, services)
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"
