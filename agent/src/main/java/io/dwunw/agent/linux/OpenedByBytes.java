package io.dwunw.agent.linux;

import io.dwunw.module.PathOpener;
import java.nio.ByteBuffer;

/** Opens files by the bytes of their path: {@code open(2)}. Stateless. */
public final class OpenedByBytes implements PathOpener {
    private static final int O_RDONLY_NONBLOCK_CLOEXEC = 0x80000 | 0x800;
    /** {@code PATH_MAX}. */
    private static final int MAX_PATH = 4096;

    @Override
    public int open(byte[] path) {
        if (path.length >= MAX_PATH) {
            return -1;
        }
        ByteBuffer text = ByteBuffer.allocateDirect(path.length + 1);
        text.put(path).put((byte) 0);
        return (int) Linux.syscall(SystemCall.OPEN, Linux.address(text), O_RDONLY_NONBLOCK_CLOEXEC, 0, 0, 0, 0);
    }

    @Override
    public void close(int descriptor) {
        long ignored = Linux.syscall(SystemCall.CLOSE, descriptor, 0, 0, 0, 0, 0);
    }
}
