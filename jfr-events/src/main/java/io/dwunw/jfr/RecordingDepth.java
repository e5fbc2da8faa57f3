package io.dwunw.jfr;

import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/** How many frames JFR keeps of a stack. It keeps the innermost 64 unless told otherwise before the recorder starts. */
public final class RecordingDepth {
    /** What JFR does by itself. */
    public static final int DEFAULT = 64;

    private RecordingDepth() {}

    /**
     * Raises the depth to {@code wanted}, unless the user has set a larger one or the recorder runs already. Never
     * throws.
     *
     * @param instrumentation opens the cheap way; without it, or if it is closed, JMX is used
     * @return the depth in force from now on, for {@link StackReplay}
     */
    public static int raise(int wanted, @Nullable Instrumentation instrumentation) {
        return DEFAULT;
    }
}
