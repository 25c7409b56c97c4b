"""The benches: every timing, as ratios side by side in one run; `main.py bench WHAT`."""

import argparse
import json
from importlib import import_module

BENCHES = ("wall", "latency", "hub", "faults")


def measure(options: argparse.Namespace) -> int:
    """Run a bench and print its figures, as JSON where that is asked for."""
    figures = import_module(f"tests.bench.{options.what}_bench").measure(options)
    if options.json:
        print(json.dumps(figures, indent=2))
        return 0
    for name, value in figures.items():
        print(f"{name:<28} {value}")
    return 0
