// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.util.ArrayDeque;
import java.util.Deque;

/** The kernel's verifier rejected a program. The message has the log's useful end, {@link #log} all of it. */
final class VerifierException extends KernelCallException {
    private static final long serialVersionUID = 1;

    private static final int SHOWN_LINES = 4;

    private final String log;

    VerifierException(String program, int error, String log) {
        super("bpf(BPF_PROG_LOAD) of " + program, error, lastLines(log));
        this.log = log;
    }

    String log() {
        return log;
    }

    /** The verifier ends with statistics; what went wrong stands before them. */
    static String lastLines(String log) {
        Deque<String> last = new ArrayDeque<>();
        for (String line : log.split("\n", -1)) {
            boolean statistics = line.startsWith("processed ")
                    || line.startsWith("verification time ")
                    || line.startsWith("stack depth ");
            if (line.isBlank() || statistics) {
                continue;
            }
            if (last.size() == SHOWN_LINES) {
                last.removeFirst();
            }
            last.addLast(line.strip());
        }
        return last.isEmpty() ? "the verifier left no log" : String.join(" | ", last);
    }
}
