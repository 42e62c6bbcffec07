"""--isa: both sides of a comparison held to the same instruction set. Imported before torch, which reads its variables once.

Ours is held by DIPTYCH_CPU, PyTorch by ATEN_CPU_CAPABILITY, oneDNN and MKL by variables of theirs; processes that are
started inherit all of them. Programs that were compiled for one machine cannot be held: their code is looked at instead.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

VARIABLES = {
    "avx2": {"DIPTYCH_CPU": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
}


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--isa", choices=sorted(VARIABLES), help="hold both sides to this instruction set (default: the best that each has)")


def hold() -> str | None:
    """What --isa says, from the command line, before anything else reads it."""
    parser = argparse.ArgumentParser(add_help=False)
    add_option(parser)
    name = parser.parse_known_args()[0].isa
    os.environ.update(VARIABLES.get(name, {}))
    return name


HELD = hold()


def of_diptych(program: Path) -> str:
    report = json.loads(subprocess.run([str(program), "doctor", "--json"], capture_output=True, text=True).stdout)
    return report["processor"]["instruction_set"]


def of_torch() -> str:
    """What PyTorch's own kernels and oneDNN run on, asked of another process: oneDNN tells it in its log, before its first work."""
    code = ("import torch; print('ATen', torch.backends.cpu.get_cpu_capability())\n"
            "with torch.backends.mkldnn.verbose(torch.backends.mkldnn.VERBOSE_ON):\n"
            "    torch.nn.functional.conv2d(torch.ones(1, 64, 64, 64), torch.ones(64, 64, 3, 3))")
    log = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    aten, onednn = re.search(r"ATen (\S+)", log), re.search(r"cpu,isa:(.+)", log)
    mkl = os.environ.get("MKL_ENABLE_INSTRUCTIONS")
    return f"ATen {aten[1] if aten else '?'}, oneDNN {onednn[1] if onednn else '?'}" + (f", MKL told {mkl}" if mkl else "")


def of_compiled(program: Path) -> str:
    """The widest registers in the code of a program and of the libraries beside it."""
    widest = ""
    folders = {program.resolve().parent, program.resolve().parent.parent / "lib"}
    for file in [program, *(library for folder in folders for library in folder.glob("lib*.so"))]:
        disassembler = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", str(file)], stdout=subprocess.PIPE, text=True)
        for line in disassembler.stdout:
            if "%zmm" in line:
                disassembler.kill()
                return "AVX-512"
            if "%ymm" in line:
                widest = "AVX2"
        disassembler.wait()
    return widest or "at most SSE"


def check(mine: str, peer: str, theirs: str) -> str:
    """The line to print above a table; ends the script where one side is not held to what was asked for."""
    line = f"Instruction sets: Diptych {mine}; {peer} {theirs}."
    print(line, file=sys.stderr, flush=True)
    if HELD == "avx2" and (mine != "AVX2" or "512" in theirs):
        sys.exit("one side is not held to AVX2; a program of C++ has to be built for it: GGML_NATIVE=OFF, GGML_AVX512=OFF")
    return line + "\n\n"
