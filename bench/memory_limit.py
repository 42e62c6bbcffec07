#!/usr/bin/env python3
"""Runs diptych in a memory control group of a given size, without swap: what it says it needs must be what it takes.

usage: memory_limit.py [--limit-gb 8] [--diptych PROGRAM] -- generate MODEL -p TEXT … -o PICTURE

The command's own planner sees the group's limit and chooses what saves memory. Printed are the most that the group held
(its file pages included), the process's resident peak, and what was predicted. Where no group can be made (no rights, no
memory controller) nothing is run: the reason is printed, and the exit status is 77, which test runners take as skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
ROOT = Path("/sys/fs/cgroup")


def own_group(controller: str) -> str:
    """The path of this process's group below the controller's root; limits above it hold as well."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if controller in names.split(","):
            return path.strip("/")
    return ""


class Group:
    """A control group of version 2, or of version 1 where the memory controller still is one."""

    def __init__(self, limit: int) -> None:
        self.old = (ROOT / "memory" / "memory.limit_in_bytes").exists()
        # A group of version 2 that holds processes has no groups with controllers inside.
        parent = ROOT / "memory" / own_group("memory") if self.old else ROOT
        self.path = (parent if parent.is_dir() else ROOT / "memory") / f"diptych-{os.getpid()}"
        self.path.mkdir()
        try:
            self._write("memory.limit_in_bytes" if self.old else "memory.max", limit)
            swap = "memory.swappiness" if self.old else "memory.swap.max"
            if (self.path / swap).exists():
                self._write(swap, 0)
        except OSError:
            self.path.rmdir()
            raise

    def _write(self, name: str, value: int) -> None:
        (self.path / name).write_text(str(value))

    def join(self) -> None:
        self._write("cgroup.procs", os.getpid())

    def peak(self) -> int:
        return int((self.path / ("memory.max_usage_in_bytes" if self.old else "memory.peak")).read_text())

    def killed(self) -> bool:
        events = self.path / ("memory.oom_control" if self.old else "memory.events")
        return any(line.split()[0] == "oom_kill" and int(line.split()[1]) > 0 for line in events.read_text().splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit-gb", default=8.0, type=float, help="GiB")
    parser.add_argument("--diptych", default=Path("build/bin/diptych"), type=Path)
    parser.add_argument("command", nargs="+", help="of diptych, behind --")
    args = parser.parse_args()
    try:
        group = Group(int(args.limit_gb * 2**30))
    except OSError as error:
        print(f"skipped: no memory control group can be made here ({error})")
        return SKIPPED
    try:
        run = subprocess.run([str(args.diptych), *args.command, "--json"], preexec_fn=group.join, stdout=subprocess.PIPE, text=True)
        resident = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        print(f"exit status {run.returncode}{', killed for lack of memory' if group.killed() else ''}; the group held {group.peak() / 1e9:.2f} GB at most, "
              f"the process {resident / 1e9:.2f} GB")
        if run.returncode == 0:
            report = json.loads(run.stdout)
            print(f"predicted {report['predicted_memory_bytes'] / 1e9:.2f} GB, arena {report['peak_memory_bytes'] / 1e9:.2f} GB; "
                  f"{report['seconds_per_step']:.1f} s per step, decoded in {report['vae_decode']['seconds']:.1f} s")
        return run.returncode
    finally:
        group.path.rmdir()


if __name__ == "__main__":
    sys.exit(main())
