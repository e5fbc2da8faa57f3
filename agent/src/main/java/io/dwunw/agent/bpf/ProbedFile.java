// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.util.List;

/**
 * A mapped file, and where in it probes are to be set.
 *
 * @param path by which the kernel finds the file
 */
record ProbedFile(String path, List<ProbePoint> points) {
    /**
     * An instruction to probe.
     *
     * @param function its number, as the BPF program knows it: that of an {@link io.dwunw.agent.sample.Allocator}
     * @param returns whether the function's return matters, too
     * @param fileOffset of the instruction
     * @param avma where the instruction lies in this process
     */
    record ProbePoint(int function, boolean returns, long fileOffset, long avma) {}
}
