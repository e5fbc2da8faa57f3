package io.dwunw.jfr;

import java.util.List;

/** Builds and keeps the generated classes behind {@link ReplayedStack}s. Not thread-safe: one {@link ReplayThread}. */
public final class StackReplay {
    private final int recordedDepth;

    /** @param recordedDepth how many frames JFR keeps of a stack, see {@link RecordingDepth} */
    public StackReplay(int recordedDepth) {
        this.recordedDepth = recordedDepth;
    }

    public int recordedDepth() {
        return recordedDepth;
    }

    /** Cheap: nothing is generated before the first publication. */
    public ReplayedStack prepare(List<FrameName> innermostFirst) {
        StringBuilder text = new StringBuilder(innermostFirst.size() * 48);
        for (int i = 0; i < innermostFirst.size(); i++) {
            if (i > 0) {
                text.append('\n');
            }
            text.append(innermostFirst.get(i).text());
        }
        return new ReplayedStack(List.copyOf(innermostFirst), text.toString());
    }
}
