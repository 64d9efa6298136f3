"""The table of docs/benchmarks.md that compares `wamr` and others with native code. `scripts/bench --native` measures and writes it."""

from __future__ import annotations

from collections.abc import Iterable

import marked
import runtime_firmwares
from environment import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"

# Firmwares, and the heads of their columns.
COLUMNS = {
    "wamr-off": "interpreter, off",
    "wamr": "interpreter, fuel",
    "aot-off": "AOT, off",
    "wamr-native": "AOT, fuel",
    "wasm3": "wasm3",
    "upstream-fast": "WAMR, fast",
    "upstream-aot": "WAMR, AOT",
}

# A library computes these in all columns: the core has no FPU.
FLOATING = ("nbody", "inverse")
WHOLE = tuple(kernel for kernel in runtime_firmwares.KERNELS if kernel not in FLOATING)

# The most that the mean without floating point may be.
BUDGETS = {"wamr-off": 12.0, "wamr": 13.0, "wamr-native": 1.6}


def table(results: dict[str, dict]) -> str:
    """Multiples of native code by kernel, and their geometric means."""

    def cells(kernels: Iterable[str]) -> list[str]:
        ratios = [runtime_firmwares.ratio(results, name, kernels) for name in COLUMNS]
        return ["–" if ratio is None else f"{ratio:.2f}" for ratio in ratios]

    def row(head: str, kernel: str) -> list[str]:
        return [head, f"{results['native']['figures'][f'call {kernel}']:,}", *cells([kernel])]

    def mean(head: str, kernels: Iterable[str]) -> list[str]:
        return [f"*{head}*", "", *cells([*kernels, "coremark"])]

    return marked.table(
        ["", "native, instructions", *COLUMNS.values()],
        [
            *(row(f"`{kernel}`", kernel) for kernel in WHOLE),
            row("CoreMark", "coremark"),
            mean("geometric mean of these", WHOLE),
            *(row(f"`{kernel}`, floating point", kernel) for kernel in FLOATING),
            mean("geometric mean of all", runtime_firmwares.KERNELS),
        ],
    )


def measure() -> list[str]:
    """Measures all, writes the table, and returns a line for each budget that is exceeded or has no figure."""
    results = runtime_firmwares.measure(["native", *COLUMNS])
    marked.write(PAGE, "native", table(results))
    missed = []
    for name, most in BUDGETS.items():
        mean = runtime_firmwares.ratio(results, name, [*WHOLE, "coremark"])
        if mean is None:
            missed.append(f"{COLUMNS[name]} was not measured: {results[name].get('failed', 'a kernel failed')}")
        elif mean > most:
            missed.append(f"{COLUMNS[name]}: {mean:.2f} of {most:g} is OVER the budget")
    return missed
