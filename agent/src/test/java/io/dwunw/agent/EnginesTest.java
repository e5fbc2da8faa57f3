// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.bpf.RequiresBpf;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.gate.GateConfig;
import io.dwunw.agent.gate.GateEngine;
import io.dwunw.agent.gate.GateUnavailableException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Tests which engine is taken where there can be no gate: here, because the process has one open already. */
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
    void kernelProbesTakeTheGatesPlaceAndOneLineSaysSo() throws Exception {
        try (GateEngine other = GateEngine.open(GateConfig.of(1 << 20));
                SamplingEngine engine = open("")) {
            assertThat(engine.description()).isNotEqualTo(other.description()).doesNotContain("gate");
        }
        assertThat(said.toString(StandardCharsets.UTF_8).lines())
                .hasSize(1)
                .allMatch(line -> line.startsWith("dwunw: sampling by kernel probes")
                        && line.contains("the in-process gate is open already"));
    }

    @Test
    void whoInsistsOnTheGateGetsNothingElse() throws Exception {
        try (GateEngine other = GateEngine.open(GateConfig.of(1 << 20))) {
            for (String engine : new String[] {"gate", "gate-self", "gate-bpf"}) {
                assertThatThrownBy(() -> open("engine=" + engine)).isInstanceOf(GateUnavailableException.class);
            }
            assertThat(other.attached()).isFalse();
        }
        assertThat(said.size()).isZero();
        try (SamplingEngine engine = open("engine=gate-self")) {
            assertThat(engine.description()).isEqualTo("gate, self-capture");
        }
    }
}
