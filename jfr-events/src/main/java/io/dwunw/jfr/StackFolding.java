// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes a stack fit into what JFR keeps. JFR itself would cut the outermost frames, which tell whose stack it is; this
 * keeps them, and the innermost ones, and says how many are missing between.
 */
final class StackFolding {
    /** Below this, a gap would cost more than it tells. */
    private static final int MIN_LIMIT_FOR_GAP = 8;

    private final int limit;

    /** @param limit most frames of a folded stack; at least 1 is kept */
    StackFolding(int limit) {
        this.limit = Math.max(1, limit);
    }

    /** The frames to replay, innermost first: without the hidden ones, and no more than the limit. */
    List<FrameName> fold(List<FrameName> innermostFirst) {
        List<FrameName> visible = visible(innermostFirst);
        int count = visible.size();
        if (count <= limit) {
            return visible;
        }
        if (limit < MIN_LIMIT_FOR_GAP) {
            return visible.subList(0, limit);
        }
        int outer = limit / 4;
        int inner = limit - 1 - outer;
        List<FrameName> folded = new ArrayList<>(limit);
        folded.addAll(visible.subList(0, inner));
        folded.add(FrameName.ofGap((count - inner - outer) + " frames"));
        folded.addAll(visible.subList(count - outer, count));
        return folded;
    }

    private static List<FrameName> visible(List<FrameName> frames) {
        List<FrameName> visible = new ArrayList<>(frames.size());
        for (FrameName frame : frames) {
            if (!frame.hidden()) {
                visible.add(frame);
            }
        }
        return visible;
    }
}
