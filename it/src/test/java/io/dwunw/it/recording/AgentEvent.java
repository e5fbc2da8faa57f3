// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An event of the agent.
 *
 * @param type such as dwunw.NativeLeak
 * @param time when it was committed
 * @param values the other fields: text, or a number; times are numbers of nanoseconds, threads their Java name
 * @param stack innermost first; empty if there is none
 */
public record AgentEvent(String type, Instant time, Map<String, @Nullable Object> values, List<Frame> stack) {
    public static final String ALLOCATION = "dwunw.NativeAllocation";
    public static final String FREE = "dwunw.NativeFree";
    public static final String LEAK = "dwunw.NativeLeak";
    public static final String LEAK_REPORT = "dwunw.NativeLeakReport";
    public static final String STATE = "dwunw.AgentState";
    public static final String STATISTICS = "dwunw.AgentStatistics";

    /** A text field; empty if it has none. */
    public String text(String field) {
        Object value = values.get(field);
        return value == null ? "" : value.toString();
    }

    public long number(String field) {
        return ((Number) Objects.requireNonNull(values.get(field), field)).longValue();
    }

    /** The stack as {@code type.method}. */
    public List<String> names() {
        return stack.stream().map(Frame::name).toList();
    }

    /** Whether a frame's method has this name. */
    public boolean passes(String method) {
        return stack.stream().anyMatch(frame -> frame.method().equals(method));
    }
}
