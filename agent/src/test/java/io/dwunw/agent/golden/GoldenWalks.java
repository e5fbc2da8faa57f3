// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import java.util.ArrayList;
import java.util.List;

/** A whole recording as text, to be compared with the text beside it. */
final class GoldenWalks {
    private GoldenWalks() {}

    /** Walks each sample with a walker that has seen none before. */
    static List<String> replay(Recording recording) throws JavaFramesUnavailableException {
        List<String> lines = new ArrayList<>();
        lines.add("JDK " + recording.jdk());
        recording.modules().forEach(module -> lines.add("module " + module.name() + " " + module.buildId()));
        lines.add("");
        for (RecordedSample sample : recording.samples()) {
            lines.addAll(replay(recording, sample));
        }
        return lines;
    }

    /** One walk: a head line, what {@link GoldenText} says, an empty line. */
    static List<String> replay(Recording recording, RecordedSample sample) throws JavaFramesUnavailableException {
        Replay replay = Replay.of(recording);
        List<String> lines = new ArrayList<>();
        List<String> text = replay.text(sample);
        lines.add(sample.name() + ": " + (text.size() - 1) + " frames");
        lines.addAll(text);
        lines.add("");
        return lines;
    }
}
