// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.List;

/**
 * A stack that can be given to events, any number of times. Cheap to keep: the classes behind it belong to {@link
 * StackReplay}, which may drop them and build them again.
 */
public final class ReplayableStack {
    private final List<FrameName> frames;

    ReplayableStack(List<FrameName> innermostFirst) {
        this.frames = List.copyOf(innermostFirst);
    }

    /** All frames, innermost first, the hidden ones too. */
    public List<FrameName> frames() {
        return frames;
    }

    /**
     * Text for the {@code frames} field of an event: one frame a line, innermost first, without the hidden ones, so
     * that text and stack trace are the same stack. Built at each call.
     */
    public String text() {
        StringBuilder text = new StringBuilder(frames.size() * 48);
        for (FrameName frame : frames) {
            if (!frame.hidden()) {
                text.append(text.length() == 0 ? "" : "\n").append(frame.text());
            }
        }
        return text.toString();
    }
}
