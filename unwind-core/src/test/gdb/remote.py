# SPDX-License-Identifier: MIT
"""Run by gdb: records stacks of a program that runs under qemu-user, as record.py does of one that runs on this processor.

    OUT=recording.txt PLAN=plan ROOT=directory QEMU=pid BASE=address PORT=port gdb-multiarch -batch -nx -x remote.py program

BASE is where qemu has put the program's address 0. The plan's steps: FUNCTION, +N, entry (the program's first instruction,
when its libraries are there).
"""

import os
import re
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import elf
from frames import gdb_frames, prepare, to_function

ROOT = os.environ["ROOT"]
BASE = int(os.environ["BASE"], 16)
# In DWARF's order.
REGISTERS = {
    "aarch64": ["x%d" % i for i in range(31)] + ["sp"],
    "mips": "zero at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra".split(),
}
CODE_BYTES = 8

out = open(os.environ["OUT"], "w")


def register(name):
    frame = gdb.newest_frame()
    value = frame.read_register(name)
    return int(value.cast(gdb.lookup_type("unsigned long"))) & (1 << 8 * value.type.sizeof) - 1


def flags(path, offset):
    """What the program may do there: qemu itself never executes the program's pages."""
    for kind, allowed, at, _, bytes_ in elf.read(path).segments():
        if kind == elf.PT_LOAD and at & -4096 <= offset < at + bytes_:
            return "r" + ("w" if allowed & 2 else "-") + ("x" if allowed & elf.PF_X else "-") + "p"
    return "r--p"


def maps():
    """Those of files, in the program's own terms, and the range of each mapping."""
    lines = []
    ranges = []
    with open("/proc/%s/maps" % os.environ["QEMU"]) as all_lines:
        for line in all_lines:
            words = line.split()
            low, high = [int(word, 16) - BASE for word in words[0].split("-")]
            ranges.append((low, high, words[1]))
            if words[-1].startswith(ROOT) and words[1][0] == "r":
                lines.append("%x-%x %s %s %s %s %s\n" % (
                    low, high, flags(words[-1], int(words[2], 16)), words[2], words[3], words[4], words[-1][len(ROOT):]))
    return lines, ranges


def record(name):
    machine = gdb.selected_frame().architecture().name()
    machine = "aarch64" if machine.startswith("aarch64") else "mips"
    sp = register("sp")
    out.write("snapshot %s\n" % name)
    for i, one in enumerate(REGISTERS[machine]):
        out.write("register %d %x\n" % (i, register(one)))
    out.write("pc %x\n" % register("pc"))
    lines, ranges = maps()
    for line in lines:
        out.write("map " + line)
    high = [high for low, high, _ in ranges if low <= sp < high][0]
    memory = gdb.selected_inferior()
    stack = bytes(memory.read_memory(sp, min(high - sp, 1 << 16)))
    out.write("stack %x %s\n" % (sp, stack.hex()))
    frames = gdb_frames()
    modules = [[int(word, 16) for word in line.split()[0].split("-")] for line in lines]
    for pc, exact in frames:
        if not any(low <= pc < high for low, high in modules):  # a signal trampoline that qemu made
            out.write("code %x %s\n" % (pc, bytes(memory.read_memory(pc, CODE_BYTES)).hex()))
    for pc, exact in frames:
        out.write("frame %x %d\n" % (pc, exact))
    out.write("end\n")


prepare()
gdb.execute("set sysroot " + ROOT)
gdb.execute("set debug-file-directory " + ROOT + "/usr/lib/debug")
gdb.execute("target remote :" + os.environ["PORT"], to_string=True)
for number, step in enumerate(os.environ["PLAN"].split()):
    if step.startswith("+"):
        gdb.execute("stepi " + step[1:], to_string=True)
    elif step == "entry":
        to_function(re.search(r"AT_ENTRY.*(0x[0-9a-f]+)", gdb.execute("info auxv", to_string=True)).group(1))
    else:
        to_function(step)
    record("%d-%s" % (number, step))
out.close()
gdb.execute("kill", to_string=True)
