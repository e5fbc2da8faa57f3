// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PlanTest {
    @Test
    void optionsAndNamesComeInAnyOrder() {
        Plan plan = Plan.parse(
                List.of("hooks", "--quick", "--jdk", "25", "unsafe-1", "--markdown", "x.md", "--rounds", "2"));
        assertThat(plan.quick()).isTrue();
        assertThat(plan.jdk()).isEqualTo("25");
        assertThat(plan.markdown()).isEqualTo(Path.of("x.md"));
        assertThat(plan.rounds()).isEqualTo(2);
        assertThat(plan.names()).containsExactly("hooks", "unsafe-1");
    }

    @Test
    void quickIsShorter() {
        Plan full = Plan.parse(List.of());
        Plan quick = Plan.parse(List.of("--quick"));
        assertThat(quick.minutes()).isLessThan(full.minutes());
        assertThat(quick.timing().measuredMillis()).isLessThan(full.timing().measuredMillis());
        assertThat(Plan.parse(List.of("--quick", "--millis", "7")).timing().measuredMillis())
                .isEqualTo(7);
    }

    @Test
    void whatIsNotUnderstoodIsSaid() {
        assertThatThrownBy(() -> Plan.parse(List.of("--fast"))).hasMessageContaining("--fast");
        assertThatThrownBy(() -> Plan.parse(List.of("--rounds"))).hasMessageContaining("--rounds needs a value");
        assertThatThrownBy(() -> Plan.parse(List.of("--rounds", "0"))).hasMessageContaining("--rounds 0");
    }
}
