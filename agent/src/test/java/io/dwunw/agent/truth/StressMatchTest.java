// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.truth.Walked.JavaFrame;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The judge of the stress test, judged. Frames are letters; {@code ?} is one without a name, {@code _} a hidden one.
 */
final class StressMatchTest {
    private static boolean fits(StackState state, String found, String truth) {
        List<JavaFrame> frames = new ArrayList<>();
        for (int i = 0; i < found.length(); i++) {
            char name = found.charAt(i);
            frames.add(new JavaFrame(name == '?' ? JavaMethod.UNKNOWN : method(name), 0, true));
        }
        List<StackTraceElement> elements = new ArrayList<>();
        for (int i = 0; i < truth.length(); i++) {
            elements.add(new StackTraceElement("C", truth.substring(i, i + 1), "C.java", 1));
        }
        return StressMatch.difference(state, frames, elements) == null;
    }

    private static JavaMethod method(char name) {
        JavaMethod unknown = JavaMethod.UNKNOWN;
        return new JavaMethod("C", String.valueOf(name), "()V", "C.java", name == '_', false, unknown.lines());
    }

    @Test
    void aCompleteStackIsTheWholeTruth() {
        assertThat(fits(StackState.COMPLETE, "a_bc", "abc")).isTrue();
        assertThat(fits(StackState.COMPLETE, "ab", "abc")).isFalse();
        assertThat(fits(StackState.COMPLETE, "ac", "abc")).isFalse();
        assertThat(fits(StackState.COMPLETE, "abcd", "abc")).isFalse();
    }

    @Test
    void aStackThatEndsEarlyIsItsBeginning() {
        assertThat(fits(StackState.CODE_REPLACED, "ab", "abc")).isTrue();
        assertThat(fits(StackState.CODE_REPLACED, "ac", "abc")).isFalse();
    }

    @Test
    void aFrameWithoutANameStandsForOneOrForNone() {
        assertThat(fits(StackState.METHOD_GONE, "a?c", "abc")).isTrue();
        assertThat(fits(StackState.METHOD_GONE, "a?c", "ac")).isTrue();
        assertThat(fits(StackState.METHOD_GONE, "a?d", "abcd")).isFalse();
        assertThat(fits(StackState.METHOD_GONE, "a?", "abc")).isFalse();
    }

    @Test
    void itIsNotTheFirstOfEqualFramesThatCounts() {
        assertThat(fits(StackState.METHOD_GONE, "???bc", "abdbc")).isTrue();
        assertThat(fits(StackState.METHOD_GONE, "??bc", "abdbc")).isFalse();
    }

    @Test
    void onlyWhoSaysSoMayLackFrames() {
        assertThat(fits(StackState.SEARCHED, "ad", "abcd")).isTrue();
        assertThat(fits(StackState.INLINED_UNKNOWN, "a?d", "abcd")).isTrue();
        assertThat(fits(StackState.SEARCHED, "da", "abcd")).isFalse();
    }
}
