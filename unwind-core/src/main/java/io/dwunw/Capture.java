// SPDX-License-Identifier: MIT
package io.dwunw;

import java.util.List;

/**
 * Frames that a capture found.
 *
 * @param status why it ended; on errors, too, the frames found before are here
 * @param frames innermost first; the last one says why the walk ended
 */
public record Capture(Status status, List<Frame> frames) {
    public Capture {
        frames = List.copyOf(frames);
    }

    static Capture refused(Status status) {
        return new Capture(status, List.of());
    }
}
