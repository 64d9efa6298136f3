"""scripts/choose-runtime, and that the tables of docs/runtimes.md have what it reads."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import marked
import pytest
import runtime_firmwares

ROOT = Path(__file__).resolve().parents[1]


def script(name: str) -> ModuleType:
    """A script as a module."""
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    # Dataclasses look for their module.
    importlib.sys.modules[loader.name] = module
    loader.exec_module(module)
    return module


choose = script("choose-runtime")
runtimes = script("runtimes")
CRITERIA = tomllib.loads(choose.CRITERIA.read_text())

TABLES = """
| runtime | version | flash | small app |
|---|---|---:|---:|
| little | 1 | 10,000 | 1,000 |
| quick | 2 | 100,000 | – (no instance) |

| runtime | kernels |
|---|---:|
| little | 40.00 |
| quick | 2.00 |
"""
OF_TABLES = tomllib.loads("""
[measured]
flash = { column = "flash", best = 10_000, worst = 1_000_000 }
small = { column = "small app", best = 1_000, worst = 64_000 }
speed = { column = "kernels", best = 1, worst = 100 }
[graded]
limits = ""
[runtimes]
little.limits = [1, ""]
quick.limits = [4, ""]
""")


def ranking(text: str) -> list[str]:
    needs = choose.Needs.of(text, OF_TABLES)
    return [row["runtime"] for row in marked.rows(choose.matrix(needs, choose.candidates(TABLES, OF_TABLES)))]


def test_tables_with_the_same_rows_are_one():
    assert [row["kernels"] for row in marked.rows(TABLES)] == ["40.00", "2.00"]
    assert marked.number("10,000") == 10_000 and marked.number("– (no instance)") is None


def test_a_row_has_as_many_cells_as_its_head():
    with pytest.raises(ValueError, match="2 cells below 1"):
        marked.rows("| a |\n|---|\n| 1 | 2 |")


def test_a_written_table_is_read_again(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- t: written by x -->\nold\n<!-- end of t -->\nafter\n")
    marked.write(page, "t", marked.table(["a", "b"], [["1", "2"]]))
    assert marked.rows(marked.read(page, "t")) == [{"a": "1", "b": "2"}]
    assert page.read_text().startswith("before\n<!-- t") and page.read_text().endswith("<!-- end of t -->\nafter\n")
    with pytest.raises(SystemExit):
        marked.read(page, "u")


def test_grades_fall_with_the_logarithm():
    assert [choose.grade(value, 10, 1000) for value in (1, 10, 100, 1000, 5000)] == pytest.approx([4, 4, 2, 0, 0])


def test_weights_decide():
    assert ranking("[weights]\nflash = 1") == ["little", "quick"]
    assert ranking("[weights]\nspeed = 1") == ["quick", "little"]
    assert ranking("[weights]\nspeed = 1\nflash = 5") == ["little", "quick"]


def test_limits_exclude_whatever_the_grades():
    needs = choose.Needs.of("[weights]\nflash = 1\n[least]\nlimits = 2\n[most]\nsmall = 500", OF_TABLES)
    little, quick = choose.candidates(TABLES, OF_TABLES)
    assert little.against(needs) == ["small: 1,000 of 500", "limits: 1 of 2"]
    assert quick.against(needs) == ["small: no figure"]
    assert ranking("[weights]\nflash = 1\n[least]\nlimits = 2") == ["quick", "little"]


def test_a_perfect_runtime_has_100():
    little, _ = choose.candidates(TABLES, OF_TABLES)
    assert little.score(choose.Needs.of("[weights]\nflash = 3\nsmall = 1", OF_TABLES)) == pytest.approx(100)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[weights]\nweight = 1", "weight, but only"),
        ("[weights]\nflash = 1\n[most]\nlimits = 1", "limits, but only"),
        ("[weights]\nflash = -1", "none negative"),
        ("[weights]\nflash = 0", "one above 0"),
        ("", "needs numbers"),
    ],
)
def test_needs_are_checked(text, message):
    with pytest.raises(SystemExit, match=message):
        choose.Needs.of(text, OF_TABLES)


def test_ratios_and_differences_are_of_the_bases():
    kernels = {f"call {kernel}": 100 for kernel in (*runtimes.KERNELS, "coremark")}
    app = {"bytes kernels": 10, "load kernels": 1000, "instantiate kernels": 5, "call same": 7, "memory page": 66_000, "stack coremark": 900}
    results = {
        "empty": {"version": "1", "figures": {}, "failures": {}, "flash": 1000, "ram": 100},
        "native": {"version": "1", "figures": kernels, "failures": {}, "flash": 0, "ram": 0},
        "wasmi": {
            "version": "2",
            "figures": app | {name: 3 * count for name, count in kernels.items()},
            "failures": {"small": "no instance"},
            "flash": 5000,
            "ram": 150,
        },
        "wasm3": {"version": "3", "failed": "undefined reference"},
    }
    rows = marked.rows(runtimes.tables(results))
    [wasmi] = [row for row in rows if row.get("runtime") == "wasmi"]
    assert (wasmi["flash"], wasmi["static RAM"], wasmi["app of a page"]) == ("4,000", "50", "66,000")
    assert (wasmi["small app"], wasmi["per byte"], wasmi["one call"]) == ("– (no instance)", "100", "7")
    assert (wasmi["CoreMark"], wasmi["kernels"], wasmi["`fir`"]) == ("3.00", "3.00", "3.00")
    reasons = {row["not measured"]: row["reason"] for row in rows if "not measured" in row}
    assert reasons["wasm3"] == "undefined reference" and reasons["tinywasm"].startswith("not run")


def test_the_reason_of_a_failed_build_is_its_first_error():
    assert runtime_firmwares.reason("  /a/b/c.c:7: undefined reference to `g'") == "c.c:7: undefined reference to `g'"
    assert runtime_firmwares.reason("[1/2] cc\nx.o:(.text.f+0x6c): undefined reference to `g'\nerror: 1\n") == "undefined reference to `g'"


def test_every_runtime_is_in_the_page():
    rows = marked.rows(marked.read(choose.PAGE, "runtimes"))
    measured = {row["runtime"]: row for row in rows if "runtime" in row}
    failed = {row["not measured"] for row in rows if "not measured" in row}
    labels = {runtime.label for runtime in runtimes.RUNTIMES if runtime.name not in runtimes.BASES}
    assert labels == measured.keys() - {"native code, instructions"} | failed
    assert not measured.keys() & failed
    for label in labels & measured.keys():
        for column in ("flash", "load", "one call"):
            assert marked.number(measured[label][column]), f"{label}: {column}"
        assert measured[label]["version"]


def test_every_grade_has_a_reason_and_a_runtime():
    labels = {runtime.label for runtime in runtimes.RUNTIMES}
    for name, graded in CRITERIA["runtimes"].items():
        assert name in labels
        assert graded.keys() == CRITERIA["graded"].keys()
        assert all(0 <= number <= choose.BEST and reason for number, reason in graded.values())


@pytest.mark.parametrize("name", ["sensor", "synthesizer"])
def test_the_matrices_follow_from_the_tables(name):
    found = choose.candidates(marked.read(choose.PAGE, "runtimes"), CRITERIA)
    needs = choose.Needs.of((choose.SOURCES / f"{name}.toml").read_text(), CRITERIA)
    assert marked.read(choose.PAGE, name).strip() == choose.matrix(needs, found), "run scripts/choose-runtime --write"
