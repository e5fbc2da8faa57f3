// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackSnapshot;
import java.util.ArrayList;
import java.util.List;

/** Recorded bytes as a process's memory: everything else is a hole. */
public record SnapshotMemory(List<StackSnapshot> blocks) implements MemoryReader {
    /** A stack only. */
    public SnapshotMemory(StackSnapshot stack) {
        this(List.of(stack));
    }

    /** All that was recorded. */
    public static SnapshotMemory of(Snapshot snapshot) {
        List<StackSnapshot> blocks = new ArrayList<>(snapshot.code());
        blocks.add(snapshot.stack());
        return new SnapshotMemory(blocks);
    }

    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        for (StackSnapshot block : blocks) {
            if (block.contains(avma, 1)) {
                return read(block, avma, destination, offset, length);
            }
        }
        return 0;
    }

    private static int read(StackSnapshot stack, long avma, byte[] destination, int offset, int length) {
        int done = 0;
        while (done < length && stack.contains(avma + done, 1)) {
            destination[offset + done] = (byte) stack.unsigned(avma + done, 1);
            done++;
        }
        return done;
    }
}
