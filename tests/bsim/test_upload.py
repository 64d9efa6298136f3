"""Uploads over a simulated radio: how long they take, and that they arrive."""

from __future__ import annotations

import pytest

from simulation import module_of

MODULE = module_of(100_000)


@pytest.mark.parametrize("interval", [6, 12, 40, 80], ids=["7.5ms", "15ms", "50ms", "100ms"])
@pytest.mark.parametrize("phy", [2, 1], ids=["2M", "1M"])
def test_an_open_device_installs_at_every_interval(simulation, open_firmware, interval, phy):
    run = simulation.upload(open_firmware, MODULE, interval=interval, phy=phy)
    assert run.ended and run.drops == 0
    assert run.rate > 15


def test_a_client_that_sends_short_packets(simulation, open_firmware):
    """The device's own packets are long all the same."""
    run = simulation.upload(open_firmware, MODULE, dle=False)
    assert run.ended and run.drops == 0
    assert run.rate > 15
