"""The acceptance scenarios of config/acceptance, with our gateway."""

import os
import subprocess

import front as fronts
import pytest

RUN = fronts.ROOT / "config/acceptance/run"
HERE = fronts.GATEWAY.parent


@pytest.mark.skipif(fronts.IS_DIRECT, reason="it is about the gateway")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("revision, letters", [("2025-11-25", "abcdefg"), ("2026-07-28", "abcdg")])
def test_every_scenario_passes(revision, letters, tmp_path):
    for name in ("switchyard", "switchyard-fake-backend"):
        assert (HERE / name).exists(), f"{HERE / name} is missing; swift build makes it"
    configuration = ["--config", str(RUN.parent), "--state", str(tmp_path / "state")]
    run = subprocess.run(
        [str(RUN), "--protocol", revision, "--only", letters, str(fronts.GATEWAY), *configuration],
        env={
            **os.environ,
            "SWITCHYARD": str(HERE / "switchyard"),
            "FAKE_BACKEND": str(HERE / "switchyard-fake-backend"),
        },
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert run.returncode == 0, run.stdout + run.stderr
