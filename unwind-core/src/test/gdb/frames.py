# SPDX-License-Identifier: MIT
"""What the scripts that gdb runs have in common."""

import gdb

MASK = (1 << 64) - 1
SETTINGS = ["set pagination off", "set confirm off", "set breakpoint pending on", "set backtrace past-main on",
            "set backtrace past-entry on", "set debuginfod enabled off", "handle all nostop noprint pass"]


def prepare():
    for command in SETTINGS:
        gdb.execute(command, to_string=True)


def gdb_frames():
    """Without those that gdb makes up where it has symbols: of inlined functions and of callers that jumped on."""
    frame = gdb.newest_frame()
    frames = []
    after_signal = False
    while frame is not None:
        if frame.type() not in (gdb.INLINE_FRAME, gdb.TAILCALL_FRAME):
            frames.append((frame.pc() & MASK, 1 if after_signal else 0))
            after_signal = frame.type() == gdb.SIGTRAMP_FRAME
        frame = frame.older()
    return frames[1:]


def to_function(name):
    try:
        point = gdb.Breakpoint("*" + name)
    except gdb.error:
        point = gdb.Breakpoint(name)  # of a library that is not loaded yet
    gdb.execute("continue", to_string=True)
    point.delete()
