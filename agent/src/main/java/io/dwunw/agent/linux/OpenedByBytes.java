// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import io.dwunw.module.PathOpener;

/** Opens files by the bytes of their path: {@code open(2)}. Stateless. */
public final class OpenedByBytes implements PathOpener {
    private static final int O_RDONLY_NONBLOCK_CLOEXEC = 0x80000 | 0x800;
    /** {@code PATH_MAX}. */
    private static final int MAX_PATH = 4096;

    @Override
    public int open(byte[] path) {
        long size = path.length + 1L; // with the zero behind it
        if (size > MAX_PATH) {
            return -1;
        }
        try {
            long text = NativeMemory.map(size);
            try {
                Linux.memory(text, size).put(0, path);
                return (int) Linux.syscall(SystemCall.OPEN, text, O_RDONLY_NONBLOCK_CLOEXEC, 0, 0, 0, 0);
            } finally {
                NativeMemory.unmap(text, size);
            }
        } catch (IllegalStateException noMemory) {
            return -1;
        }
    }

    @Override
    public void close(int descriptor) {
        Linux.syscall(SystemCall.CLOSE, descriptor, 0, 0, 0, 0, 0);
    }
}
