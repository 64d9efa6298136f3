"""The SDKs in guest/sdk declare what devices offer, as guest/README.md lists it, with the same types."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WAMRCTL = os.environ.get("WAMRCTL", ROOT / "target" / "debug" / "wamrctl")

# An app that calls everything, in each language with an SDK.
SOURCES = {
    "c": """
        #include "sdk/wamr.h"
        int64_t EXPORT(run)(void) {
            wamr_log("hello", 5);
            wamr_confirm();
            return wamr_uptime_ms();
        }
    """,
    "rs": """
        #![no_std]
        #![no_main]
        #[path = "sdk/wamr.rs"]
        mod wamr;
        #[unsafe(no_mangle)]
        extern "C" fn run() -> i64 {
            wamr::log("hello");
            wamr::confirm();
            wamr::uptime_ms()
        }
    """,
}


def offered() -> dict[str, str]:
    """The imports that guest/README.md lists, with their types."""
    rows = re.findall(r"^\| `(\w+)` \| `(\(.*?\) -> .*?)` \|", (ROOT / "guest" / "README.md").read_text(), re.MULTILINE)
    return {name: ty.replace("-> ()", "").strip() for name, ty in rows}


def test_the_page_lists_what_the_device_defines():
    source = (ROOT / "wamr-device" / "src" / "base_group.rs").read_text()
    assert sorted(offered()) == sorted(re.findall(r'Method::new\("(\w+)"', source))


@pytest.mark.parametrize("language", SOURCES)
def test_sdk(language, tmp_path):
    """An app that calls everything imports all that there is, with these types, and runs."""
    (tmp_path / f"app.{language}").write_text(SOURCES[language])
    for name in ("build", "sdk", "TOOLCHAINS"):
        (tmp_path / name).symlink_to(ROOT / "guest" / name)
    out = tmp_path / "out"
    out.mkdir()
    done = subprocess.run(["bash", tmp_path / "build", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    if "skipped" in done.stdout:
        pytest.skip(done.stdout)

    module = out / "app.wasm"
    done = subprocess.run([WAMRCTL, "inspect", "--json", module], capture_output=True, text=True, check=True)
    imports = json.loads(done.stdout)["imports"]
    assert {one["module"] for one in imports} == {"wamr"}
    types = {one["name"]: f"({', '.join(one['params'])})" for one in imports}
    types |= {one["name"]: f"{types[one['name']]} -> {', '.join(one['results'])}" for one in imports if one["results"]}
    assert types == offered()
    done = subprocess.run([WAMRCTL, "run", module, "--invoke", "run"], capture_output=True, text=True)
    assert done.returncode == 0 and "log: hello" in done.stderr, done.stderr
