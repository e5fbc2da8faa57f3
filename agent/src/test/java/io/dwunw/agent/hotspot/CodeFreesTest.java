// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class CodeFreesTest {
    /** Where nothing is compiled no sweeper runs, and what nothing tells of need not be feared. */
    @Test
    void aJvmThatOnlyInterpretsFreesNoCode() {
        CodeFrees frees = CodeFrees.of(17, false, null, null, null);

        assertThat(frees.told()).isTrue();
        assertThat(frees.counter().value()).isEqualTo(frees.counter().value());
    }

    @Test
    void whereTheSweeperCannotBeWatchedCodeMayGoAtAnyTime() {
        CodeFrees frees = CodeFrees.of(17, true, null, null, null);
        long before = frees.counter().value();

        assertThat(frees.told()).isFalse();
        while (frees.counter().value() == before) {
            Thread.onSpinWait();
        }
    }

    @Test
    void laterJdksFreeCodeInCollections() {
        CodeFrees frees = CodeFrees.of(25, false, null, null, () -> 42);

        assertThat(frees.counter().value()).isEqualTo(42);
        assertThat(frees.words()).isEmpty();
    }
}
