package io.dwunw.memory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A process's memory through {@code /proc/<pid>/mem} (proc(5)); needs ptrace access to it. Thread-safe. */
public final class ProcessMemory implements MemoryReader, AutoCloseable {
    private final FileChannel channel;

    private ProcessMemory(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens this process's memory.
     *
     * @throws IOException if the kernel does not allow it
     */
    public static ProcessMemory ofSelf() throws IOException {
        return open(Path.of("/proc/self/mem"));
    }

    /**
     * Opens another process's memory.
     *
     * @throws IOException if there is no such process, or the kernel does not allow it
     */
    public static ProcessMemory of(long pid) throws IOException {
        return open(Path.of("/proc", Long.toString(pid), "mem"));
    }

    private static ProcessMemory open(Path path) throws IOException {
        return new ProcessMemory(FileChannel.open(path, StandardOpenOption.READ));
    }

    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        int done = 0;
        try {
            while (avma >= 0 && done < length) {
                int count = channel.read(ByteBuffer.wrap(destination, offset + done, length - done), avma + done);
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
        channel.close();
    }
}
