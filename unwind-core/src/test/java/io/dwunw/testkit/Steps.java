// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackSnapshot;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Output of {@code steps.c}: a program's state at each instruction, and who really called whom. */
public final class Steps implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 20;

    private final DataInputStream in;
    private final RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
    private final List<Snapshot.Expected> callers = new ArrayList<>();
    private StackSnapshot stack = new StackSnapshot(0, new byte[0], ByteOrder.LITTLE_ENDIAN);
    private @Nullable String maps;
    private byte[] vdso = {};

    public Steps(InputStream in) {
        this.in = new DataInputStream(new BufferedInputStream(in, MOST_BYTES));
    }

    /** Goes on to the next instruction; false at the end of the program. */
    public boolean next() throws IOException {
        for (int kind = in.read(); kind >= 0; kind = in.read()) {
            switch (kind) {
                case 'M' -> maps = new String(bytes(), StandardCharsets.UTF_8);
                case 'V' -> vdso = bytes();
                case 'S' -> {
                    step();
                    return true;
                }
                default -> throw new IOException("unknown record " + kind);
            }
        }
        return false;
    }

    private void step() throws IOException {
        for (int i = 0; i < 16; i++) {
            registers.set(i, u64());
        }
        registers.pc(u64());
        callers.clear();
        for (int rest = u32(); rest > 0; rest--) {
            long pc = u64();
            callers.add(new Snapshot.Expected(pc, u64() != 0));
        }
        long low = u64();
        stack = new StackSnapshot(low, bytes(), ByteOrder.LITTLE_ENDIAN);
    }

    /** All registers of the innermost frame. */
    public RegisterSet registers() {
        return registers;
    }

    /** The stack from a little below the stack pointer up to where it began. */
    public StackSnapshot stack() {
        return stack;
    }

    /** The stack from the stack pointer on, as a sampler copies it: what was popped is not there. */
    public StackSnapshot stackFromSp() {
        byte[] above = new byte[(int) (stack.highAvma() - registers.sp())];
        for (int i = 0; i < above.length; i++) {
            above[i] = (byte) stack.unsigned(registers.sp() + i, 1);
        }
        return new StackSnapshot(registers.sp(), above, ByteOrder.LITTLE_ENDIAN);
    }

    /** Who called, innermost first. */
    public List<Snapshot.Expected> callers() {
        return callers;
    }

    /** The text of maps, if it changed since it was last asked for. */
    public @Nullable String newMaps() {
        String fresh = maps;
        maps = null;
        return fresh;
    }

    /** The image of the vdso; empty if there is none. */
    public byte[] vdso() {
        return vdso.clone();
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private byte[] bytes() throws IOException {
        int length = u32();
        byte[] bytes = in.readNBytes(Math.min(length, MOST_BYTES));
        if (bytes.length != length) {
            throw new EOFException("a record of " + length + " bytes is cut off");
        }
        return bytes;
    }

    private int u32() throws IOException {
        return Integer.reverseBytes(in.readInt());
    }

    private long u64() throws IOException {
        return Long.reverseBytes(in.readLong());
    }
}
