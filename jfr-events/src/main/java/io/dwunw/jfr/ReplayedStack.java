package io.dwunw.jfr;

import java.util.List;

/**
 * A stack that can be given to events, any number of times. Cheap to keep: the classes behind it belong to {@link
 * StackReplay}, which may drop them and build them again.
 */
public final class ReplayedStack {
    private final List<FrameName> frames;
    private final String text;

    ReplayedStack(List<FrameName> innermostFirst, String text) {
        this.frames = innermostFirst;
        this.text = text;
    }

    /** All frames, innermost first, the hidden ones too. */
    public List<FrameName> frames() {
        return frames;
    }

    /** What the {@code frames} field of an event holds: one frame a line, innermost first, without a final newline. */
    public String text() {
        return text;
    }
}
