"""Uploads over a simulated radio: how long they take, and that they arrive.

Clients that find out for themselves whether the device can take changes are in test_wamrctl.py and tests/end_to_end/test_delta.py."""

from __future__ import annotations

import pytest

from simulation import Radio, module_of

MODULE = module_of(100_000)
CHANGED = MODULE[:60_000] + b"a line that is longer" + MODULE[60_012:99_991]
"""As long, with other bytes in one place and those after it moved."""
PASSKEY = 123456

SECOND = 1e6
"""In the units of the simulation."""


@pytest.mark.parametrize("interval", [6, 12, 40, 80], ids=["7.5ms", "15ms", "50ms", "100ms"])
@pytest.mark.parametrize("phy", [2, 0], ids=["client-requests-2M", "device-requests-2M"])
def test_an_open_device_installs_at_every_interval(simulation, open_firmware, interval, phy):
    run = simulation.upload(open_firmware, MODULE, interval=interval, phy=phy)
    assert run.ended and run.drops == 0
    # The device requests 2M if the client does not.
    assert run.value("phy") == 2
    assert run.rate > 20


@pytest.mark.parametrize("interval", [6, 12, 40, 80], ids=["7.5ms", "15ms", "50ms", "100ms"])
def test_a_client_that_insists_on_1m(simulation, open_firmware, interval):
    run = simulation.upload(open_firmware, MODULE, interval=interval, phy=1)
    assert run.ended and run.drops == 0
    assert run.value("phy") == 1
    # Long packets both ways.
    assert run.some("length")[-1][1]["length"] == "251/251"
    assert run.rate > 20


def test_a_paired_client_is_as_fast(simulation, open_firmware, paired_firmware):
    paired = simulation.upload(paired_firmware, MODULE, passkey=PASSKEY)
    assert paired.ended and paired.drops == 0
    assert paired.value("security") == 4
    assert paired.rate > 0.95 * simulation.upload(open_firmware, MODULE).rate


def test_a_client_with_private_addresses_comes_back(simulation, paired_firmware):
    """Its address changes every 10 seconds, and the device knows it by its bond."""
    run = simulation.upload(paired_firmware, module_of(4_000), passkey=PASSKEY, again=30)
    assert run.ended
    assert len(run.all("connected")) == 2
    # The second time, the link is encrypted with the bond: pairing mode is over after the first success.
    assert [values["security"] for _, values in run.all("security")] == ["4", "4"]


def test_a_client_that_sends_short_packets(simulation, open_firmware):
    """The device's own packets are long all the same."""
    run = simulation.upload(open_firmware, MODULE, dle=False)
    assert run.ended and run.drops == 0
    # To the device and from it.
    assert run.some("length")[-1][1]["length"] == "27/251"
    assert run.rate > 20


@pytest.mark.parametrize(("loss", "least"), [(0.1, 20), (0.2, 20), (0.3, 10), (0.5, 3)], ids=["10%", "20%", "30%", "50%"])
def test_packets_are_lost(simulation, open_firmware, loss, least):
    run = simulation.upload(open_firmware, MODULE, Radio(loss=loss))
    assert run.ended
    assert run.rate >= least


def test_a_jammer_interrupts_the_upload(simulation, open_firmware):
    """For longer than the supervision timeout: the client connects again and goes on where the upload was durable."""
    begin = simulation.upload(open_firmware, MODULE, Radio(jammed=(3600 * SECOND, 3601 * SECOND))).first("begin")[0]
    start = begin + 1.5 * SECOND
    run = simulation.upload(open_firmware, MODULE, Radio(jammed=(start, start + 6 * SECOND)))
    assert run.ended and run.drops == 1
    assert run.value("resumed") > 0


ERASING = 29.6
"""Kilobytes per second that the flash of an nRF5340 takes if its pages must be erased, and without."""
ERASED = 91


def test_a_device_with_old_contents_erases_first(simulation, open_firmware):
    simulation.full = True
    run = simulation.upload(open_firmware, MODULE)
    assert run.ended and run.drops == 0
    assert 0.9 * ERASING < run.rate <= ERASING


def test_an_idle_device_has_erased_a_slot_ahead(simulation, product_firmware):
    """From 30 seconds after the start on, within a fifth of a second for each of 32 pages."""
    simulation.full = True
    run = simulation.upload(product_firmware, MODULE, wait=38)
    assert run.ended and run.drops == 0
    assert 85 < run.rate <= ERASED


@pytest.mark.parametrize(("loss", "least"), [(0, 27), (0.3, 19), (0.5, 9)], ids=["0%", "30%", "50%"])
def test_changes_pass_a_bad_link(simulation, product_firmware, change, loss, least):
    """Without loss, the flash is the limit."""
    run = simulation.upgrade(product_firmware, MODULE, CHANGED, change(MODULE, CHANGED), Radio(loss=loss))
    assert run.ended
    assert run.value("bytes") < 500
    assert run.rate >= least
