// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timestamp;
import org.jspecify.annotations.Nullable;

/** Event that says whether the agent traces, and if not, why: when a chunk begins and ends, and when it changes. */
@Name("dwunw.AgentState")
@Label("Agent State")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("Whether the dwunw agent traces native memory, and if not, why; the last one of a recording holds")
@Period("everyChunk")
@StackTrace(false)
public final class AgentStateEvent extends Event {
    private static final AgentStateEvent PROBE = new AgentStateEvent();

    @Label("State")
    @Description("'tracing', 'resting' while no recording wants samples, or 'not tracing'")
    public @Nullable String state;

    @Label("Reason")
    @Description("Why the state is what it is")
    public @Nullable String reason;

    @Label("Options")
    @Description("The options in force; where they were not understood, as they were written")
    public @Nullable String options;

    @Label("Engine")
    @Description("How allocations are caught; empty if they are not")
    public @Nullable String engine;

    @Label("Since")
    @Description("When the agent came to this state")
    @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
    public long since;

    /** A field read, for when JFR has registered this class. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}
