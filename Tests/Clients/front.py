"""What a client launches: the gateway with two real services behind it.

With SWITCHYARD_DIRECT=1 it is one of the services itself, which tells how the
clients and the servers behave without anything of ours in between.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = Path(__file__).resolve().parent
ROOT = CLIENTS.parent.parent
IS_DIRECT = os.environ.get("SWITCHYARD_DIRECT") == "1"
GATEWAY = Path(os.environ.get("SWITCHYARD_GATEWAY", ROOT / ".build/debug/switchyard-gateway"))


@dataclass
class Call:
    """One tool call and a piece of text that its answer must hold."""

    tool: str
    arguments: dict
    expected: str
    is_error: bool = False


@dataclass
class Front:
    """A command for a client to launch, and what it must offer."""

    argv: list[str]
    environment: dict[str, str]
    marker: str
    calls: list[Call]
    tools: set[str] = field(default_factory=set)

    @property
    def command_line(self) -> str:
        import shlex

        # The marker travels in the line: some clients pass no environment on.
        return shlex.join(["env", self.marker, *self.argv])


def server(name: str, era: str, repository: Path) -> list[str]:
    """The command of a service, from the environment of an SDK major."""
    command = [str(ROOT / f".venv-{era}/bin/mcp-server-{name}")]
    return command + (["--repository", str(repository)] if name == "git" else [])


def calls_to(service: str, repository: Path) -> list[Call]:
    # `time_` is the gateway's prefix; the names of mcp-server-git have theirs already.
    prefix = "" if IS_DIRECT else "time_"
    path = {"repo_path": str(repository)}
    noon = {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"}
    if service == "time":
        return [
            Call(prefix + "get_current_time", {"timezone": "UTC"}, "UTC"),
            Call(prefix + "convert_time", noon, "21:00"),
            Call(prefix + "get_current_time", {"timezone": "Mars/Base"}, "Mars/Base", True),
        ]
    return [
        Call("git_status", path, "On branch"),
        Call("git_log", path, "Lay the first rail"),
        Call("git_status", {"repo_path": "/proc"}, "outside", True),
    ]


def write_configuration(folder: Path, commands: dict[str, list[str]], marker: str) -> None:
    """One service a command, with the marker in its environment."""
    variable, value = marker.split("=", 1)
    processes = {
        name: {"command": argv[0], "args": argv[1:], "env": {variable: value}}
        for name, argv in commands.items()
    }
    write_manifests(folder, {name: {"process": process} for name, process in processes.items()})


def write_single(folder: Path, argv: list[str], environment: dict[str, str]) -> list[str]:
    """A gateway with one service whose tools keep their names; returns its command."""
    process = {"command": argv[0], "args": argv[1:], "env": environment}
    write_manifests(folder, {"single": {"process": process, "tools": {"prefix": ""}}})
    settings = folder / "config" / "gateway.yaml"
    settings.write_text("deadlines: {probe: 60s, initialize: 60s}\n")
    settings.chmod(0o600)
    return gateway(folder)


def write_manifests(folder: Path, manifests: dict[str, dict]) -> None:
    """One file a service in `folder`/config/manifests; JSON is YAML."""
    path = folder / "config" / "manifests"
    path.mkdir(parents=True, mode=0o700)
    for name, manifest in manifests.items():
        file = path / f"{name}.yaml"
        file.write_text(json.dumps(manifest) + "\n")
        file.chmod(0o600)


def gateway(folder: Path) -> list[str]:
    """The gateway with the configuration and the state in `folder`."""
    return [str(GATEWAY), "--config", str(folder / "config"), "--state", str(folder / "state")]


def over_sockets(argv: list[str]) -> list[str]:
    return [sys.executable, str(CLIENTS / "over_sockets.py"), *argv]


def make(folder: Path, repository: Path, marker: str, era: str, connection: str,
         services: list[str]) -> Front:
    commands = {name: server(name, era, repository) for name in services}
    if IS_DIRECT:
        argv = commands[services[0]]
    else:
        write_configuration(folder, commands, marker)
        argv = gateway(folder)
    variable, value = marker.split("=", 1)
    calls = [call for name in services for call in calls_to(name, repository)]
    return Front(
        argv=over_sockets(argv) if connection == "sockets" else argv,
        environment={variable: value},
        marker=marker,
        calls=calls,
        tools={call.tool for call in calls},
    )
