// SPDX-License-Identifier: MIT
package io.dwunw.module;

import org.jspecify.annotations.Nullable;

/**
 * One line of {@code /proc/<pid>/maps} (proc(5)).
 *
 * @param path as written there, without the {@code " (deleted)"} mark; "" for anonymous memory, {@code [vdso]} and such
 * @param deleted whether the kernel marked the path as no longer naming this file
 */
public record Mapping(
        long lowAvma,
        long highAvma,
        boolean readable,
        boolean executable,
        long fileOffset,
        String device,
        long inode,
        String path,
        boolean deleted) {
    /** The kernel's own name for the code page that it maps into every process. */
    static final String VDSO = "[vdso]";

    /** By hand: the first use of what a record brings along costs a program 40 ms of its start. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Mapping that
                && lowAvma == that.lowAvma
                && highAvma == that.highAvma
                && readable == that.readable
                && executable == that.executable
                && fileOffset == that.fileOffset
                && deleted == that.deleted
                && isSameFile(that);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(lowAvma) * 31 + path.hashCode();
    }

    boolean isVdso() {
        return path.equals(VDSO);
    }

    /** Whether an ELF file can stand behind it. */
    public boolean hasFile() {
        return inode != 0 && path.startsWith("/");
    }

    boolean isSameFile(Mapping other) {
        return inode == other.inode && device.equals(other.device) && path.equals(other.path);
    }
}
