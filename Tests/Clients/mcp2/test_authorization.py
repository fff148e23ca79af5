"""`switchyard login` at an authorization server of Authlib on Flask, and calls to the SDK's
simple-auth resource server with what the login left.
"""

import json
import os
import re
import stat
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import front as fronts
import processes
import pytest
from authorization import EXAMPLES, KNOWN
from conversation import LEGACY, MODERN, Conversation
from test_remote import served

# A person at a browser: opens the link, presses the button, is sent back.
BROWSER = """#!/usr/bin/env python3
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
page = opener.open(sys.argv[1], timeout=20).read()
assert b"<form method=post>" in page, page
opener.open(sys.argv[1], b"answer=yes", timeout=20).read()
"""
CALL = ("tools/call", {"name": "far_get_time", "arguments": {}})

pytestmark = pytest.mark.skipif(
    not EXAMPLES.exists(), reason="the SDK's examples could not be fetched; Tests/Clients/setup does it"
)


class Site:
    """Two resources behind an authorization server, and our commands that use them."""

    def __init__(self, folder, kind, said):
        self.folder = folder
        self.url, self.origin, self.other = said.split()
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        browser = folder / "browser"
        browser.write_text(BROWSER)
        browser.chmod(0o700)
        servers = {"far": self.url, "near": self.other}
        fronts.write_manifests(folder, {name: {"http": {"url": url}} for name, url in servers.items()})

    def tell(self, deed, data=b""):
        self.opener.open(f"{self.origin}/{deed}", data, timeout=20).read()

    @property
    def seen(self):
        return json.load(self.opener.open(self.origin + "/seen", timeout=20))

    @property
    def refreshes(self):
        return [status for grant, status in self.seen["events"] if grant == "refresh_token"]

    @property
    def kept(self):
        return self.folder / "state/logins/far.json"

    def shown(self, url):
        """The resources that the tokens are for which came to `url`, one a request; or none."""
        seen = self.seen
        return [seen["tokens"].get(token, token) for place, token in seen["shown"] if place == url]

    def command(self, *more, service="far"):
        program = str(fronts.GATEWAY.with_name("switchyard"))
        return [program, "login", service, "--timeout", "30", *more, *fronts.gateway(self.folder)[1:]]

    def login(self, *more, service="far"):
        run = subprocess.run(
            self.command("--no-keyring", *more, service=service),
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "BROWSER": str(self.folder / "browser")},
        )
        assert run.returncode == 0, run.stderr
        assert stat.S_IMODE(self.kept.stat().st_mode) == 0o600


@contextmanager
def site(folder, kind, marker):
    with served([sys.executable, str(fronts.CLIENTS / "authorization.py"), kind]) as said:
        yield Site(folder, kind, said)
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"


def succeeds(answer):
    return not answer.get("result", {"isError": True}).get("isError", False)


@contextmanager
def gateway(folder, marker, revision):
    with Conversation(fronts.gateway(folder), dict([marker.split("=", 1)]), revision) as talk:
        talk.open()
        yield talk


def test_a_token_is_renewed_once_and_a_login_that_is_over_is_told(tmp_path, marker):
    with site(tmp_path, "oauth", marker) as far:
        far.login()
        assert far.seen["events"] == [["authorization_code", 200]]
        with gateway(tmp_path, marker, MODERN) as talk, gateway(tmp_path, marker, LEGACY[-1]) as other:
            for client in (talk, other):
                assert succeeds(answer := client.request(*CALL)), answer
            assert far.refreshes == []

            # Both find it refused; one renews it, the other uses what that has left.
            far.tell("expire")
            with ThreadPoolExecutor(2) as both:
                for answer in both.map(lambda client: client.request(*CALL), (talk, other)):
                    assert succeeds(answer), answer
            assert far.refreshes == [200]
            assert set(far.seen["resources"]) == {far.url}

            far.tell("revoke")
            far.tell("expire")
            answer = talk.request(*CALL)
            assert not succeeds(answer), answer
            assert "the login is over; run 'switchyard login far'" in json.dumps(answer), answer
            # It is not asked about again what it has refused.
            talk.request(*CALL)
            assert far.refreshes == [200, 400]

            far.login()
            assert succeeds(answer := talk.request(*CALL)), answer
            assert far.refreshes == [200, 400]


def test_openid_discovery_a_known_client_and_a_pasted_answer(tmp_path, marker):
    with site(tmp_path, "openid", marker) as far:
        far.tell("lifetime", b"20")  # Over at once: the gateway keeps a margin of 30 s.
        login = subprocess.Popen(
            far.command("--no-keyring", "--no-browser", "--client-id", KNOWN[0]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SWITCHYARD_CLIENT_SECRET": KNOWN[1]},
        )
        try:
            line = next(l for l in login.stderr if "/authorize?" in l)
            output, errors = login.communicate(answered(line.strip()) + "\n", timeout=40)
        finally:
            login.kill()
        assert login.returncode == 0, errors
        assert output == f"logged in to far at {far.origin}/tenants/one\n"
        assert KNOWN[1] not in output + errors

        with gateway(tmp_path, marker, MODERN) as talk:
            assert succeeds(answer := talk.request(*CALL)), answer
        # Before the first request, not after a refusal.
        assert far.seen["events"][:2] == [["authorization_code", 200], ["refresh_token", 200]]


def test_a_token_is_for_its_resource_and_never_goes_to_another(tmp_path, marker):
    other = ("tools/call", {"name": "near_get_time", "arguments": {}})
    with site(tmp_path, "oauth", marker) as far:
        far.login()
        with gateway(tmp_path, marker, MODERN) as talk:
            assert succeeds(answer := talk.request(*CALL)), answer
            # The same authorization server, and a login for one of its resources only.
            answer = talk.request(*other)
            assert "run 'switchyard login near'" in json.dumps(answer), answer
        assert set(far.shown(far.other)) == {None}
        far.login(service="near")
        with gateway(tmp_path, marker, MODERN) as talk:
            for call in (CALL, other):
                assert succeeds(answer := talk.request(*call)), answer
            far.tell("expire")
            for call in (CALL, other):
                assert succeeds(answer := talk.request(*call)), answer
        assert far.refreshes == [200, 200]
        assert set(far.shown(far.url)) == {None, far.url}
        assert set(far.shown(far.other)) == {None, far.other}


@pytest.mark.parametrize("renews", [True, False])
def test_a_token_for_another_resource_is_refused_and_told_once(tmp_path, marker, renews):
    with site(tmp_path, "oauth", marker) as far:
        # The authorization server gives out a token for another one than it was asked for.
        far.tell("misdirect", far.other.encode())
        if not renews:
            far.tell("forget")
        far.login()
        assert far.seen["resources"] == [far.other]
        with gateway(tmp_path, marker, MODERN) as talk:
            answer = talk.request(*CALL)
            assert not succeeds(answer), answer
            text = json.dumps(answer)
            why = "does not accept our credentials" if renews else "the login is over (invalid_target)"
            assert why in text, answer
            assert "run 'switchyard login far'" in text, answer
            # Nothing goes on without end: each start of the service renews it once at most.
            talk.request(*CALL)
            refreshes, shown = far.refreshes, far.shown(far.url)
            assert set(refreshes) == {200 if renews else 400} and len(refreshes) <= 3, refreshes
            assert shown.count(far.other) <= 6, shown
            assert far.shown(far.other).count(far.other) == 0
            far.tell("misdirect")
            far.login()
            # The service may be waiting before it is tried again.
            end = time.monotonic() + 20
            while not succeeds(answer := talk.request(*CALL)):
                assert time.monotonic() < end, answer
                time.sleep(0.1)


def test_a_token_of_one_resource_in_the_manifest_of_another_is_told(tmp_path, marker):
    with site(tmp_path, "oauth", marker) as far:
        far.login()
        [token] = far.seen["tokens"]
        (tmp_path / "config/manifests/near.yaml").write_text(
            json.dumps({"http": {"url": far.other, "auth": {"bearer": token}}}) + "\n")
        with gateway(tmp_path, marker, MODERN) as talk:
            answer = json.dumps(talk.request("tools/call", {"name": "near_get_time", "arguments": {}}))
            assert "does not accept our credentials" in answer, answer
            assert "check 'http.auth'" in answer and token not in answer, answer


def answered(link):
    """Where the browser of a person ends who allows it, on a machine where nobody listens."""

    class Stays(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stays)
    try:
        opener.open(link, b"answer=yes", timeout=20)
    except urllib.error.HTTPError as answer:
        assert re.match(r"http://127\.0\.0\.1:[0-9]+/callback\?", answer.headers["Location"])
        return answer.headers["Location"]
    raise AssertionError("no redirect")
