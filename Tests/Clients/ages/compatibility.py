"""Clients of every age through one gateway to servers of every age.

    compatibility.py [--write FILE]

Prints a table for each client, a line a feature, a column a server; with --write
also as Markdown into FILE. Exits with 1 if something does not work that both
sides can do.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import front as fronts  # noqa: E402
import trial  # noqa: E402

HERE = Path(__file__).resolve().parent
MODERN = "2026-07-28"


@dataclass(frozen=True)
class Age:
    """A release of the SDK, and the newest revision that it speaks."""

    version: str
    revision: str
    environment: str

    @property
    def python(self) -> str:
        return str(fronts.ROOT / self.environment / "bin/python3")

    @property
    def major(self) -> str:
        return self.version.split(".")[0]


OLDEST = Age("1.2.1", "2024-11-05", ".venv-mcp-1.2.1")
LAST_LEGACY = Age("1.30.0", "2025-11-25", ".venv-mcp1")
NEWEST = Age("2.3.0", MODERN, ".venv-mcp2")
AGES = [
    OLDEST,
    Age("1.8.1", "2024-11-05", ".venv-mcp-1.8.1"),
    Age("1.9.4", "2025-03-26", ".venv-mcp-1.9.4"),
    Age("1.12.4", "2025-06-18", ".venv-mcp-1.12.4"),
    LAST_LEGACY,
    NEWEST,
]


@dataclass(frozen=True)
class Side:
    """A client or a server: an age, and the era if it is told one."""

    age: Age
    era: str = "auto"

    @property
    def title(self) -> str:
        return self.age.version if self.era == "auto" else f"{self.age.version} {self.era}"

    @property
    def service(self) -> str:
        return "v" + self.title.replace(".", "-").replace(" ", "-")


def clients(ages):
    """The newest in both eras: what it does by itself is to speak the modern one."""
    return [Side(age) for age in ages] + [Side(NEWEST, "legacy")]


def servers(ages):
    """The newest also pinned to the modern era, so that legacy clients meet it."""
    return [Side(age) for age in ages] + [Side(NEWEST, MODERN)]


def manifest(server: Side, environment: dict[str, str]) -> dict:
    script = str(HERE / f"server_{server.age.major}.py")
    process = {"command": server.age.python, "args": [script, server.service], "env": environment}
    return {"process": process | ({} if server.era == "auto" else {"protocol": server.era})}


def try_client(
    client: Side,
    offered: list[Side],
    folder: Path,
    environment: dict[str, str],
    manifests: dict[str, dict] | None = None,
) -> dict:
    """What the client makes of every server: {service: {feature: True, None or what went wrong}}.

    The servers are processes of the gateway unless `manifests` says where they are.
    """
    manifests = manifests or {s.service: manifest(s, environment) for s in offered}
    fronts.write_manifests(folder, manifests)
    script = [str(HERE / f"client_{client.age.major}.py"), ",".join(s.service for s in offered)]
    mode = [client.era] if client.age is NEWEST else []
    run = subprocess.run(
        [client.age.python, *script, *mode, *fronts.gateway(folder)],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, **environment},
    )
    try:
        return json.loads(run.stdout)
    except ValueError:
        why = (run.stderr.strip().splitlines() or ["nothing"])[-1]
        return {s.service: dict.fromkeys(trial.FEATURES, f"client: {why}") for s in offered}


def tables(outcomes, offered, mark) -> str:
    """A Markdown table for each client; `mark` says what stands in a cell."""
    text = ""
    for client, outcome in outcomes.items():
        text += f"\n## Client {client.title}\n\n"
        text += f"| | {' | '.join(s.title for s in offered)} |\n|---|{'---|' * len(offered)}\n"
        for feature in trial.FEATURES:
            cells = [mark(outcome[s.service][feature]) for s in offered]
            text += f"| {feature} | {' | '.join(cells)} |\n"
    return text


def mark(value) -> str:
    return {True: "yes", None: "-"}.get(value, "NO")


def failures(outcomes, offered) -> list[str]:
    return [
        f"client {client.title}, server {server.title}, {feature}: {value}"
        for client, outcome in outcomes.items()
        for server in offered
        for feature, value in outcome[server.service].items()
        if value not in (True, None)
    ]


PREAMBLE = """# Compatibility

Made by `make compatibility`: clients on releases of the official Python SDK, each
with one gateway in front of servers on releases of it, all at once.

| release | revision it speaks |
|---|---|
{ages}

A release without a remark speaks the newest era that it can; "legacy" is a client told
to speak 2025-11-25, "2026-07-28" a server whose manifest says `protocol: 2026-07-28`, so
that legacy clients meet a modern service.

`yes`: tried, and as the client expects. `-`: the release of the client or of the server
does not have it. `NO`: both have it and it does not work. Servers before 1.10 cannot be
cancelled: 1.2.1 waits for the end of the call, 1.8.1 and 1.9.4 end themselves.
"""


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--write", type=Path)
    options = arguments.parse_args()
    offered = servers(AGES)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        tried = {
            client: pool.submit(try_client, client, offered, Path(folder) / client.service, {})
            for client in clients(AGES)
        }
        outcomes = {client: future.result() for client, future in tried.items()}
    text = tables(outcomes, offered, mark)
    print(text)
    wrong = failures(outcomes, offered)
    print("\n".join(wrong))
    if options.write:
        ages = "\n".join(f"| {age.version} | {age.revision} |" for age in AGES)
        options.write.write_text(PREAMBLE.format(ages=ages) + text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
