// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Figures of what this process has used so far. */
final class ProcessFigures {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private ProcessFigures() {}

    /** CPU time of all threads that are or were, in nanoseconds; the kernel may count in ticks. */
    static long cpuNanos() {
        return SYSTEM.getProcessCpuTime();
    }

    /** The highest resident memory so far, in KiB (VmHWM of proc(5)). */
    static long peakResidentKib() {
        try {
            for (String line : Files.readAllLines(STATUS)) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("no VmHWM in " + STATUS);
    }
}
