"""The mock of the Asana API that validates every request against Asana's own document.

It is not part of this project: the tests look for it beside the document, which
ASANA_OAS names or which lies in ../shared/asana of the checkout. Without it they
are skipped, and say so.
"""

import json
import os
import re
import subprocess
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = ROOT / ".venv-asana"


def document() -> Path | None:
    named = os.environ.get("ASANA_OAS")
    path = Path(named) if named else ROOT.parent / "shared" / "asana" / "asana_oas.yaml"
    return path if path.is_file() and (path.parent / "mock_asana.py").is_file() else None


def why_not() -> str | None:
    """The reason to skip, if there is one."""
    if document() is None:
        return "ASANA IS NOT TESTED: no document at ASANA_OAS or ../shared/asana/asana_oas.yaml"
    if not (ENVIRONMENT / "bin" / "python").exists():
        return "ASANA IS NOT TESTED: no .venv-asana; run Tests/Clients/setup"
    return None


class Mock:
    """A running mock. Its base URL is `url`."""

    def __init__(self, *arguments: str) -> None:
        oas = document()
        assert oas is not None
        self.process = subprocess.Popen(
            [str(ENVIRONMENT / "bin" / "python"), str(oas.parent / "mock_asana.py"),
             "--spec", str(oas), "--port", "0", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        found = None
        while found is None:
            line = self.process.stdout.readline()
            assert line, "the mock did not start"
            found = re.search(r"http://127\.0\.0\.1:(\d+)|:(\d{4,5})\b", line)
        port = found.group(1) or found.group(2)
        # Whatever it says later must not fill the pipe.
        threading.Thread(target=self._drain, daemon=True).start()
        self.root = f"http://127.0.0.1:{port}"
        self.url = self.root + "/api/1.0"

    def _drain(self) -> None:
        for _ in self.process.stdout:
            pass

    def _ask(self, method: str, path: str, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def take_requests(self) -> list[dict]:
        """The requests since the last time; the mock keeps 5,000."""
        return self._ask("DELETE", "/_mock/requests")["requests"]

    def latest_requests(self) -> list[dict]:
        """The last 5,000 requests; the mock keeps them, and its count of the minute."""
        return self._ask("GET", "/_mock/requests")["requests"]

    def fail(self, **fault) -> None:
        self._ask("POST", "/_mock/faults", fault)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
