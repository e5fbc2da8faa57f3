# SPDX-License-Identifier: MIT
"""Run by gdb: records stacks of a program as io.dwunw.testkit.Snapshot reads them, with gdb's frames beside them, and those
of elfutils' eu-stack (from a core file of the same moment) if it is installed.

    OUT=recording.txt PLAN=plan gdb -batch -nx -x record.py --args program arguments

The plan's steps, separated by spaces: FUNCTION (go on to its start and record), +N (N instructions on, record),
plt (go on to a PLT stub, instruction by instruction, record).
"""

import os
import re
import subprocess
import sys

import gdb

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from frames import MASK, gdb_frames, prepare, to_function

REGISTERS = ["rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp"] + ["r%d" % i for i in range(8, 16)]
MOST_STEPS = 100000

out = open(os.environ["OUT"], "w")


def register(name):
    return int(gdb.newest_frame().read_register(name).cast(gdb.lookup_type("unsigned long"))) & MASK


def maps():
    with open("/proc/%d/maps" % gdb.selected_inferior().pid) as lines:
        return lines.readlines()


def elfutils_frames():
    core = os.environ["OUT"] + ".core"
    try:
        gdb.execute("generate-core-file " + core, to_string=True)
        exe = gdb.current_progspace().filename
        text = subprocess.run(["eu-stack", "-a", "-r", "-n", "0", "--core=" + core, "-e", exe],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True).stdout
    except FileNotFoundError:
        return None
    finally:
        if os.path.exists(core):
            os.remove(core)
    mine = text.split("TID %d:" % gdb.selected_thread().ptid[1])[-1].split("TID ")[0]
    found = re.findall(r"#\d+ +0x([0-9a-f]+)( - 1)?", mine)
    return [(int(pc, 16), 0 if call else 1) for pc, call in found][1:]


def record(name):
    sp = register("rsp")
    out.write("snapshot %s\n" % name)
    for i, one in enumerate(REGISTERS):
        out.write("register %d %x\n" % (i, register(one)))
    out.write("pc %x\n" % register("rip"))
    high = 0
    for line in maps():
        low, end = [int(word, 16) for word in line.split()[0].split("-")]
        high = end if low <= sp < end else high
        out.write("map " + line)
    stack = bytes(gdb.selected_inferior().read_memory(sp, min(high - sp, 1 << 16)))
    out.write("stack %x %s\n" % (sp, stack.hex()))
    for pc, exact in gdb_frames():
        out.write("frame %x %d\n" % (pc, exact))
    for pc, exact in elfutils_frames() or []:
        out.write("elfutils %x %d\n" % (pc, exact))
    out.write("end\n")


def vdso():
    for line in maps():
        if "[vdso]" in line:
            low, high = [int(word, 16) for word in line.split()[0].split("-")]
            image = bytes(gdb.selected_inferior().read_memory(low, high - low))
            with open(os.environ["OUT"] + ".vdso", "wb") as file:
                file.write(image)


def to_plt():
    text = gdb.execute("maint info sections .plt", to_string=True)
    low, high = [int(word, 16) for word in re.search(r"0x([0-9a-f]+)->0x([0-9a-f]+).* \.plt[: ]", text).groups()]
    for _ in range(MOST_STEPS):
        gdb.execute("stepi", to_string=True)
        if low <= register("rip") < high:
            return
    raise gdb.GdbError("no PLT stub was executed")


prepare()
gdb.execute("starti", to_string=True)
vdso()
for number, step in enumerate(os.environ["PLAN"].split()):
    if step == "plt":
        to_plt()
    elif step.startswith("+"):
        gdb.execute("stepi " + step[1:], to_string=True)
    else:
        to_function(step)
    record("%d-%s" % (number, step))
out.close()
gdb.execute("kill", to_string=True)
