// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.RecordedJava;
import io.dwunw.agent.stack.Frame;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameNames;
import io.dwunw.jfr.FrameName;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** A walk as text: how it ended, then each frame, innermost first, with what ran it. */
final class GoldenText {
    private GoldenText() {}

    /** @param kinds see {@link RecordedJava#kinds} */
    static List<String> of(FrameBuffer frames, FrameNames names, List<String> kinds) {
        List<String> lines = new ArrayList<>();
        lines.add("state: " + frames.state().text());
        Iterator<String> kind = kinds.iterator();
        for (int i = 0; i < frames.count(); i++) {
            long frame = frames.frame(i);
            FrameName name = names.name(frame);
            StringBuilder line = new StringBuilder("  ").append(name.text());
            if (Frame.kind(frame) == Frame.Kind.JAVA || Frame.kind(frame) == Frame.Kind.STUB) {
                line.append(" [").append(kind.next()).append(']');
            }
            line.append(name.hidden() ? " (hidden)" : "");
            line.append(Frame.kind(frame) == Frame.Kind.JAVA && Frame.isApproximate(frame) ? " (near)" : "");
            lines.add(line.toString());
        }
        return lines;
    }
}
