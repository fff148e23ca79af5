"""mcp-conform has nothing to complain of."""

import json
import subprocess

from front import ROOT


def test_no_check_fails(front):
    command = [str(ROOT / ".venv-mcp2/bin/mcp-conform"), "server", "--format", "json"]
    run = subprocess.run(
        [*command, "--timeout", "30", "--command", front.command_line],
        capture_output=True,
        text=True,
        timeout=80,
    )
    report = json.loads(run.stdout)
    assert report["fatal_error"] is None
    assert [check for check in report["checks"] if not check["passed"]] == []
    assert report["passed"] > len(front.tools)
