"""`switchyard login` with gnome-keyring behind a session bus, and gateways that are started without
a variable of the session.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

import front as fronts
import pytest
from conversation import LEGACY, MODERN
from test_authorization import CALL, gateway, pytestmark, site, succeeds

PROGRAMS = ["dbus-daemon", "dbus-send", "gnome-keyring-daemon", "secret-tool"]
MISSING = [name for name in PROGRAMS if not shutil.which(name)]

pytestmark = [
    pytestmark,
    pytest.mark.skipif(bool(MISSING), reason=f"missing: {' '.join(MISSING)}; `make clients` installs them"),
]


# As that of a session, but it starts nothing by itself: no prompter, no second keyring.
BUS = """<busconfig><type>session</type><listen>{}</listen><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
</policy></busconfig>
"""


class Desktop:
    """A session bus with a keyring, and nothing else of a desktop."""

    def __init__(self, folder, marker):
        # The name of a socket is short.
        self.runtime = tempfile.mkdtemp(prefix="switchyard-")
        home = folder / "home"
        home.mkdir()
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        name, value = marker.split("=", 1)
        self.variables = {**kept, "HOME": str(home), "XDG_RUNTIME_DIR": self.runtime, name: value}
        self.address = f"unix:path={self.runtime}/bus"
        self.environment = {**self.variables, "DBUS_SESSION_BUS_ADDRESS": self.address}
        self.processes = []

    def start(self, *argv, **more):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        try:
            process = subprocess.Popen(argv, env=self.environment, **quiet, **more)
        except OSError as error:  # A container may forbid what the program wants.
            pytest.skip(f"{argv[0]} does not start on this machine: {error}")
        self.processes.append(process)
        return process

    def start_bus(self):
        settings = self.runtime + "/bus.conf"
        with open(settings, "w") as file:
            file.write(BUS.format(self.address))
        self.bus = self.start("dbus-daemon", f"--config-file={settings}", "--nofork", "--nopidfile")
        wait(lambda: os.path.exists(self.runtime + "/bus"))

    def start_keyring(self):
        words = ["gnome-keyring-daemon", "--unlock", "--components=secrets", "--foreground"]
        self.keyring = self.start(*words, stdin=subprocess.PIPE)
        with contextlib.suppress(BrokenPipeError):
            self.keyring.stdin.write(b"a password")
            self.keyring.stdin.close()
        wait(lambda: b"/secrets/collection/login" in self.ask("ReadAlias", "string:default"))

    def ask(self, method, *arguments):
        words = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.secrets"]
        words += ["/org/freedesktop/secrets", "org.freedesktop.Secret.Service." + method, *arguments]
        return subprocess.run(words, env=self.environment, capture_output=True, timeout=20).stdout

    def lock(self):
        self.ask("Lock", "array:objpath:/org/freedesktop/secrets/collection/login")

    def tool(self, *words):
        run = subprocess.run(
            ["secret-tool", *words], env=self.environment, capture_output=True, text=True, timeout=20
        )
        return run.stdout

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        shutil.rmtree(self.runtime, ignore_errors=True)


def wait(condition):
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            pytest.skip("a bus and gnome-keyring-daemon do not start on this machine")
        time.sleep(0.02)


@contextlib.contextmanager
def desktop(folder, marker):
    found = Desktop(folder, marker)
    try:
        found.start_bus()
        found.start_keyring()
        yield found
    finally:
        found.stop()


def login(far, session, *more):
    run = subprocess.run(
        far.command(*more),
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**session, "BROWSER": str(far.folder / "browser")},
    )
    assert run.returncode == 0, run.stderr
    return run.stderr


def doctor(far, environment):
    program = str(fronts.GATEWAY.with_name("switchyard"))
    words = [program, "doctor", "--json", *fronts.gateway(far.folder)[1:]]
    run = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment)
    found = json.loads(run.stdout)["findings"]
    return [f["detail"] for f in found if f["code"] == "login-unusable"]


def test_tokens_go_into_the_keyring_of_the_desktop_and_are_found_without_its_variables(
    tmp_path, marker, monkeypatch
):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with site(tmp_path, "oauth", marker) as far, desktop(tmp_path, marker) as session:
        assert "It is kept in the keyring.\n" in login(far, session.variables)
        kept = json.loads(far.kept.read_text())
        assert kept == {"keyring": "secret-tool", "service": far.url, "bus": session.address}
        entry = session.tool("lookup", "application", "switchyard", "login", str(far.kept))
        first = json.loads(entry)
        assert first["service"] == far.url and first["refresh_token"]
        assert "test" not in session.tool("search", "--all", "application", "switchyard")
        few = {"PATH": session.environment["PATH"], "HOME": session.environment["HOME"]}
        assert doctor(far, few) == []

        with gateway(tmp_path, marker, MODERN) as talk:
            assert succeeds(answer := talk.request(*CALL)), answer
            far.tell("expire")
            assert succeeds(answer := talk.request(*CALL)), answer
        entry = session.tool("lookup", "application", "switchyard", "login", str(far.kept))
        assert json.loads(entry)["refresh_token"] != first["refresh_token"]

        # Locked, with nobody who could be asked for the password.
        session.lock()
        assert doctor(far, few) == ["the keyring is locked; unlock it"]
        with gateway(tmp_path, marker, MODERN) as talk:
            answer = talk.request(*CALL)
            assert "the keyring is locked; unlock it" in json.dumps(answer), answer
            assert "switchyard login far" in json.dumps(answer), answer
        told = login(far, session.variables)
        assert "the login is kept in a file.\n" in told
        assert far.refreshes == [200]


def test_a_keyring_that_hangs_or_is_gone_holds_nothing_up_and_is_told(tmp_path, marker, monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with site(tmp_path, "oauth", marker) as far, desktop(tmp_path, marker) as session:
        login(far, session.variables, "--keyring")
        with gateway(tmp_path, marker, LEGACY[-1]) as talk:
            assert succeeds(answer := talk.request(*CALL)), answer

        session.keyring.send_signal(signal.SIGSTOP)
        with gateway(tmp_path, marker, LEGACY[-1]) as talk:
            method, params = CALL
            talk.send({"jsonrpc": "2.0", "id": "waits", "method": method, "params": params})
            begun = time.monotonic()
            assert talk.request("ping")["result"] == {}
            assert time.monotonic() - begun < 10  # It waits 15 s for the keyring.
        told = login(far, session.variables)
        assert "The keyring did not answer in time; it may be asking on the screen, or be locked; the login is kept in a file." in told
        session.keyring.send_signal(signal.SIGCONT)

        login(far, session.variables, "--keyring")
        session.bus.kill()
        session.bus.wait()
        with gateway(tmp_path, marker, LEGACY[-1]) as talk:
            answer = json.dumps(talk.request(*CALL))
            assert "the keyring refused: " in answer or "no session bus" in answer, answer
            assert "switchyard login far" in answer, answer
