// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.symbol.Symbol;
import org.junit.jupiter.api.Test;

class FrameNamesTest {
    @Test
    void framesOfStrippedFunctionsCanBeToldApart() {
        Symbol nearest = new Symbol("prepare(int)", "_Z7preparei", 0x1a2a, false);
        assertThat(FrameNames.methodName(nearest, 0x1a2b)).isEqualTo("~prepare+0x1a2b");
        assertThat(FrameNames.methodName(nearest, 0x2c)).isEqualTo("~prepare+0x2c");
    }

    @Test
    void aFunctionThatIsKnownHasOneName() {
        Symbol exact = new Symbol("prepare(int)", "_Z7preparei", 0x12, true);
        assertThat(FrameNames.methodName(exact, 0x13)).isEqualTo("prepare");
    }
}
