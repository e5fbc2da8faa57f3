// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

/** System calls, as a door that tests may replace by one which refuses some of them. Thread-safe. */
@FunctionalInterface
public interface Kernel {
    /** The running kernel. {@link NativeLibrary#load()} must have succeeded before the first call. */
    Kernel RUNNING = new Kernel() {
        @Override
        public long call(long number, long a1, long a2, long a3, long a4, long a5, long a6) {
            return Linux.syscall(number, a1, a2, a3, a4, a5, a6);
        }
    };

    /**
     * One raw system call.
     *
     * @param number the call's number for this architecture, see {@link SystemCall}
     * @return what the call returned, or {@code -errno} if it failed (see {@link Errno})
     */
    long call(long number, long a1, long a2, long a3, long a4, long a5, long a6);

    /** A call with up to three arguments. */
    default long call(long number, long a1, long a2, long a3) {
        return call(number, a1, a2, a3, 0, 0, 0);
    }

    /** A call with one argument. */
    default long call(long number, long a1) {
        return call(number, a1, 0, 0, 0, 0, 0);
    }
}
