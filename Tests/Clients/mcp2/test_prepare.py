"""`switchyard prepare` with real packages of PyPI, by pip."""

import json
import os
import shutil
import subprocess

import front as fronts
import pytest

PACKAGES = ["python-dateutil==2.9.0.post0"]  # It needs six, and nothing else.


@pytest.fixture
def prepare(tmp_path):
    # No uv: pip it is.
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python3").symlink_to(shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin"))
    python = {"packages": PACKAGES, "lock": "dates.lock"}
    process = {"command": "python", "args": ["-c", "import dateutil"], "python": python}
    fronts.write_manifests(tmp_path, {"dates": {"process": process}})

    def run(*more):
        program = str(fronts.GATEWAY.with_name("switchyard"))
        words = [program, "prepare", "dates", *more, *fronts.gateway(tmp_path)[1:]]
        return subprocess.run(
            words, capture_output=True, text=True, timeout=80, env={**os.environ, "PATH": str(tools)}
        )

    return run


def has_network(folder):
    pip = [str(fronts.ROOT / ".venv-mcp2/bin/python3"), "-m", "pip"]
    words = ["download", "--quiet", "--no-deps", "--dest", str(folder / "wheels"), *PACKAGES]
    return subprocess.run([*pip, *words], capture_output=True, timeout=60).returncode == 0


def test_an_environment_is_locked_and_built_with_pip_from_pypi(prepare, tmp_path):
    missing = prepare()
    assert missing.returncode == 1 and "the lock file" in missing.stderr, missing.stderr

    locked = prepare("--lock")
    if locked.returncode and not has_network(tmp_path):
        pytest.skip("PyPI cannot be reached, without us either")
    assert locked.returncode == 0, locked.stderr
    lock = tmp_path / "config/manifests/dates.lock"
    lines = [line for line in lock.read_text().splitlines() if line and line[0] not in " #"]
    assert [line.split("==")[0].lower() for line in lines] == ["python-dateutil", "six"]
    assert PACKAGES[0] in lock.read_text()
    place = locked.stdout.rsplit("built, ", 1)[1].strip()
    code = "import dateutil, json, six; print(json.dumps([dateutil.__file__, six.__file__]))"
    run = subprocess.run([place + "/bin/python", "-c", code], capture_output=True, text=True)
    assert all(file.startswith(place) for file in json.loads(run.stdout)), run

    again = prepare()
    assert again.returncode == 0 and "was built already" in again.stdout
