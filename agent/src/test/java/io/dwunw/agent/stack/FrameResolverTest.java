// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.symbol.Symbol;
import org.junit.jupiter.api.Test;

class FrameResolverTest {
    @Test
    void framesOfStrippedFunctionsCanBeToldApart() {
        Symbol nearest = new Symbol("prepare(int)", "_Z7preparei", 0x1a2a, false);
        assertThat(FrameResolver.methodName(nearest, 0x1a2b)).isEqualTo("~prepare+0x1a2b");
        assertThat(FrameResolver.methodName(nearest, 0x2c)).isEqualTo("~prepare+0x2c");
    }

    @Test
    void aFunctionThatIsKnownHasOneName() {
        Symbol exact = new Symbol("prepare(int)", "_Z7preparei", 0x12, true);
        assertThat(FrameResolver.methodName(exact, 0x13)).isEqualTo("prepare");
    }
}
