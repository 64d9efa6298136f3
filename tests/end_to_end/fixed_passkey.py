"""Pairing with a fixed passkey, 012345. Run separately, because it needs its own build:

    scripts/twister -s sample.wamr.ble_upload.fixed_passkey
"""

from __future__ import annotations

from pairing import PASSKEY


async def test_the_passkey_from_a_file_pairs_and_another_does_not(rig, program, tmp_path):
    async with rig:
        passkey = tmp_path / "passkey"
        passkey.write_text("012344\n")
        _, err = await program.on_device("apps", "--passkey-file", passkey, status=4)
        assert "the passkey was wrong" in err
        assert not program.bonds.exists()

        passkey.write_text("012345\n")
        _, err = await program.on_device("apps", "--passkey-file", passkey)
        assert "Paired" in err
        assert not PASSKEY.search(rig.console.text()), "it is a secret"
        _, err = await program.on_device("apps")
        assert "Paired" not in err
