// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DistinctErrorsTest {
    private final List<String> said = new ArrayList<>();
    private final DistinctErrors errors = new DistinctErrors(said::add);

    @Test
    void eachKindIsSaidOnceAndAllAreCounted() {
        for (int i = 0; i < 100; i++) {
            errors.record("testing", new IllegalStateException("number " + i));
        }
        errors.record("something else", new IllegalStateException("x"));
        assertThat(said).hasSize(2);
        assertThat(said.get(0)).contains("while testing").contains("number 0");
        assertThat(errors.count()).isEqualTo(101);
    }

    @Test
    void manyKindsDoNotFillALog() {
        for (int i = 0; i < 100; i++) {
            errors.record("turn " + i, new IllegalStateException());
        }
        assertThat(said).hasSize(8);
        assertThat(errors.count()).isEqualTo(100);
    }
}
