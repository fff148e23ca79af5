"""`switchyard login` at the SDK's own authorization servers, and the gateway with what it left."""

import os
import stat
import subprocess
import sys

import front as fronts
import processes
import pytest
from conversation import MODERN, Conversation
from story import STORIES
from test_remote import served

# Signs in where it is asked to.
BROWSER = """#!/usr/bin/env python3
import re, sys, urllib.parse, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
page = opener.open(sys.argv[1], timeout=20).read().decode()
if form := re.search('<form action="([^"]+)"', page):
    fields = dict(re.findall('name="([a-z]+)" value="([^"]*)"', page))
    opener.open(form.group(1), urllib.parse.urlencode(fields).encode(), timeout=20).read()
"""
SERVERS = {  # a tool, and what it says
    "protected.py": ("whoami", "scopes"),
    "simple_auth.py": ("get_time", "current_time"),
}

pytestmark = pytest.mark.skipif(
    not STORIES.exists(), reason="the stories could not be fetched; Tests/Clients/setup does it"
)


@pytest.mark.parametrize("server", SERVERS)
def test_a_login_at_the_servers_of_the_sdk(server, tmp_path, marker):
    tool, expected = SERVERS[server]
    browser = tmp_path / "browser"
    browser.write_text(BROWSER)
    browser.chmod(0o700)
    with served([sys.executable, str(fronts.CLIENTS / server)]) as url:
        fronts.write_manifests(tmp_path, {"far": {"http": {"url": url}}})
        folders = fronts.gateway(tmp_path)[1:]
        command = [str(fronts.GATEWAY.with_name("switchyard")), "login", "far", "--no-keyring", "--timeout", "30"]
        run = subprocess.run(
            command + folders,
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "BROWSER": str(browser)},
        )
        assert run.returncode == 0, run.stderr
        kept = tmp_path / "state/logins/far.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        with Conversation(fronts.gateway(tmp_path), dict([marker.split("=", 1)]), MODERN) as talk:
            talk.open()
            answer = talk.request("tools/call", {"name": f"far_{tool}", "arguments": {}})
            assert expected in answer["result"]["structuredContent"], answer
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"
