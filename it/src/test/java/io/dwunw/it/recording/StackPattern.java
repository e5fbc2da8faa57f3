// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Pattern;

/**
 * A whole stack, frame by frame, in which runs of frames of one library stand for what is that library's own affair and
 * differs from build to build. Immutable.
 */
public final class StackPattern {
    /** The sidecar's own frames, below every replayed stack. */
    private static final String END = "dwunw\\.stack\n[^\n]*ReplayThread\\.run\n";

    private final String regex;

    private StackPattern(String regex) {
        this.regex = regex;
    }

    /** Begins, innermost, with these functions: {@code libc.malloc}. */
    public static StackPattern from(String... names) {
        return new StackPattern("").then(names);
    }

    /** Then exactly these frames. */
    public StackPattern then(String... names) {
        StringBuilder all = new StringBuilder(regex);
        for (String name : names) {
            all.append(Pattern.quote(name)).append('\n');
        }
        return new StackPattern(all.toString());
    }

    /** Then one or more frames of these libraries or classes, none other. */
    public StackPattern thenSomeOf(String... types) {
        StringBuilder all = new StringBuilder(regex).append("(?:(?:");
        for (int i = 0; i < types.length; i++) {
            all.append(i == 0 ? "" : "|").append(Pattern.quote(types[i]));
        }
        return new StackPattern(all.append(")\\.[^\n]*\n)+").toString());
    }

    /** Then at least the first of these frames, and those after it up to any, but for the last. */
    public StackPattern thenInnermostOf(String... names) {
        StringBuilder all = new StringBuilder(regex);
        for (int i = 0; i < names.length - 1; i++) {
            all.append(i == 0 ? "" : "(?:").append(Pattern.quote(names[i])).append('\n');
        }
        return new StackPattern(all.append(")?".repeat(names.length - 2)).toString());
    }

    /** From Java's first frame to the thread's start. */
    public StackPattern thenStartOfJavaThread() {
        return then("libjvm.call_stub", "libjvm.JavaCalls::call_helper")
                .thenSomeOf("libjvm")
                .then("libjvm.JavaThread::thread_main_inner")
                .thenStartOfThread();
    }

    /** What every thread of HotSpot's starts with; libc's part has names only where its debug symbols are installed. */
    public StackPattern thenStartOfThread() {
        return then("libjvm.Thread::call_run", "libjvm.thread_native_entry").thenSomeOf("libc");
    }

    /**
     * Fails unless the event has this very stack, from the allocator to the thread's start, and says that it is
     * complete.
     */
    public void assertMatches(AgentEvent event) {
        assertMatches(event, "complete");
    }

    /** As {@link #assertMatches(AgentEvent)} of a stack that says something else of itself. */
    public void assertMatches(AgentEvent event, String stackState) {
        String stack = String.join("\n", event.names()) + "\n";
        assertThat(stack).matches(regex + END);
        assertThat(event.text("stackState")).isEqualTo(stackState);
    }
}
