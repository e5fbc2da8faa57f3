// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.RecordedJava;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.PackedFrame;
import io.dwunw.jfr.FrameName;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** A walk as text: how it ended, then each frame, innermost first, with what ran it. */
final class GoldenText {
    private GoldenText() {}

    /** @param kinds see {@link RecordedJava#kinds} */
    static List<String> of(FrameBuffer frames, FrameResolver names, List<String> kinds) {
        List<String> lines = new ArrayList<>();
        lines.add("state: " + frames.state().text());
        Iterator<String> kind = kinds.iterator();
        for (int i = 0; i < frames.count(); i++) {
            long frame = frames.frame(i);
            FrameName name = names.name(frame);
            StringBuilder line = new StringBuilder("  ").append(name.text());
            if (PackedFrame.kind(frame) == PackedFrame.Kind.JAVA || PackedFrame.kind(frame) == PackedFrame.Kind.STUB) {
                line.append(" [").append(kind.next()).append(']');
            }
            line.append(name.hidden() ? " (hidden)" : "");
            line.append(
                    PackedFrame.kind(frame) == PackedFrame.Kind.JAVA && PackedFrame.isApproximate(frame)
                            ? " (near)"
                            : "");
            lines.add(line.toString());
        }
        return lines;
    }
}
