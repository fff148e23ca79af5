"""Clients and servers of the oldest and the newest releases meet in one gateway.

The whole table is made by `make compatibility`; this is the part of it that is
worth running with every change.
"""

import sys
from pathlib import Path

import front as fronts
import processes
import pytest

sys.path.insert(0, str(Path(fronts.CLIENTS) / "ages"))

import compatibility  # noqa: E402

AGES = [compatibility.OLDEST, compatibility.LAST_LEGACY, compatibility.NEWEST]
CLIENTS = compatibility.clients(AGES)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("client", CLIENTS, ids=[f"client {c.title}" for c in CLIENTS])
def test_what_both_sides_have_works_through_the_gateway(client, tmp_path, marker):
    offered = compatibility.servers(AGES)
    environment = dict([marker.split("=", 1)])
    outcome = compatibility.try_client(client, offered, tmp_path, environment)
    assert compatibility.failures({client: outcome}, offered) == []
    left = processes.left_after(marker, seconds=2)
    assert not left, f"R14: still there 2 s after the client: {left}"
