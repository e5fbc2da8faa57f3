// SPDX-License-Identifier: MIT
package io.dwunw.memory;

import java.io.IOException;
import java.io.RandomAccessFile;

/** A process's memory through {@code /proc/<pid>/mem} (proc(5)); needs ptrace access to it. Thread-safe. */
public final class ProcessMemory implements MemoryReader, AutoCloseable {
    // Not a FileChannel, which an interrupt of the reading thread would close for good.
    private final RandomAccessFile file;

    private ProcessMemory(RandomAccessFile file) {
        this.file = file;
    }

    /**
     * Opens this process's memory.
     *
     * @throws IOException if the kernel does not allow it
     */
    public static ProcessMemory ofSelf() throws IOException {
        return new ProcessMemory(new RandomAccessFile("/proc/self/mem", "r"));
    }

    /**
     * Opens another process's memory.
     *
     * @throws IOException if there is no such process, or the kernel does not allow it
     */
    public static ProcessMemory of(long pid) throws IOException {
        return new ProcessMemory(new RandomAccessFile("/proc/" + pid + "/mem", "r"));
    }

    @Override
    public synchronized int read(long avma, byte[] destination, int offset, int length) {
        int done = 0;
        if (avma < 0) {
            return done; // file offsets have no such numbers
        }
        try {
            file.seek(avma);
            while (done < length) {
                int count = file.read(destination, offset + done, length - done);
                if (count <= 0) {
                    break;
                }
                done += count;
            }
        } catch (IOException hole) {
            // What was read so far is the answer: the interface promises a short count, not an error.
        }
        return done;
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
