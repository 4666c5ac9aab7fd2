#!/usr/bin/env python3
"""Runs the unit and property tests, some programs at a time: most of them wait for a node, a store or a mail server more than they
reckon, and each has its own. `cargo test --workspace` runs the same, one after the other.

What a program says is printed when it ends; the status is 1 where one has failed, and the failed ones are named at the end.
Arguments go to the programs (a filter).
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

AT_ONCE = 2
# those that take longest go first
LONGEST = ["hashwatch_delivery", "hashwatch_web", "store", "parts", "simulated"]
# tests that run beside the rest of their program: that waits on one store for all of them, and they have none
APART = {"hashwatch_delivery": "tests::kills"}
CARGO = ["cargo", "test", "--workspace", "--locked"]


def turns():
    """What is run: a test program as cargo builds it, its arguments, and the folder that it runs in."""
    built = subprocess.run([*CARGO, "--no-run", "--message-format=json-render-diagnostics"], stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        sys.exit(built.returncode)
    messages = map(json.loads, built.stdout.splitlines())
    tests = [it for it in messages if it["reason"] == "compiler-artifact" and it["profile"]["test"] and it["executable"]]
    if not tests:
        sys.exit("unit: cargo named no test program")
    place = {name: place for place, name in enumerate(LONGEST)}
    tests.sort(key=lambda it: place.get(it["target"]["name"], len(place)))
    all_turns = []
    for test in tests:
        apart = APART.get(test["target"]["name"]) if not sys.argv[1:] else None
        for arguments in [["--skip", apart], [apart]] if apart else [sys.argv[1:]]:
            all_turns.append(([test["executable"], *arguments], Path(test["manifest_path"]).parent))
    return all_turns


def named(command):
    """How a turn is called in what is printed."""
    return " ".join([os.path.relpath(command[0]), *command[1:]])


def run(command, folder):
    """Runs one to its end; whether it passed."""
    begun = time.monotonic()
    ended = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "CARGO_MANIFEST_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    took = time.monotonic() - begun
    print(f"     Running {named(command)} ({took:.1f} s)\n{ended.stdout}", flush=True)
    return ended.returncode == 0


def main():
    tests = turns()
    with ThreadPoolExecutor(AT_ONCE) as places:
        passed = list(places.map(lambda test: run(*test), tests))
    documented = subprocess.run([*CARGO, "--doc", "--", *sys.argv[1:]]).returncode == 0
    failed = [named(command) for (command, _), fine in zip(tests, passed) if not fine]
    failed += [] if documented else ["examples in documentation"]
    if failed:
        sys.exit("unit: failed: " + ", ".join(failed))


main()
