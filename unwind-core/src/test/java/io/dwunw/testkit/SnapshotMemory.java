package io.dwunw.testkit;

import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackSnapshot;

/** A recorded stack as a process's memory: everything else is a hole. */
public record SnapshotMemory(StackSnapshot stack) implements MemoryReader {
    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        int done = 0;
        while (done < length && stack.contains(avma + done, 1)) {
            destination[offset + done] = (byte) stack.unsigned(avma + done, 1);
            done++;
        }
        return done;
    }
}
