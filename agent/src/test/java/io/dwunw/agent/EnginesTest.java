// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.bpf.RequiresBpf;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.hooks.HooksUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Tests which engine is taken where there can be no hooks: here, because the process has one open already. */
@RequiresBpf
class EnginesTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();

    private SamplingEngine open(String options) throws Exception {
        PrintStream before = System.err;
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            return Engines.open(AgentOptions.parse(options));
        } finally {
            System.setErr(before);
        }
    }

    @Test
    void kernelProbesTakeTheHooksPlaceAndOneLineSaysSo() throws Exception {
        try (HooksEngine other = HooksEngine.open(HooksConfig.of(1 << 20));
                SamplingEngine engine = open("")) {
            assertThat(engine.description()).isNotEqualTo(other.description()).doesNotContain("hooks");
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .hasSize(1)
                .allMatch(line -> line.startsWith("dwunw: sampling by kernel probes")
                        && line.contains("the in-process hooks are open already"));
    }

    @Test
    void anEngineAskedForIsNeverReplacedByAnother() throws Exception {
        try (HooksEngine other = HooksEngine.open(HooksConfig.of(1 << 20))) {
            for (String engine : new String[] {"hooks", "hooks-self", "hooks-bpf"}) {
                assertThatThrownBy(() -> open("engine=" + engine)).isInstanceOf(HooksUnavailableException.class);
            }
            assertThat(other.attached()).isFalse();
        }
        assertThat(said.size()).isZero();
        try (SamplingEngine engine = open("engine=hooks-self")) {
            assertThat(engine.description()).isEqualTo("hooks, self-capture");
        }
    }
}
