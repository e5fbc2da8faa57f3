package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.sample.Allocator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UprobeEngineTest {
    @ParameterizedTest
    @EnumSource(AttachChoice.class)
    void first(AttachChoice choice) throws Exception {
        NativeLibrary.load();
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1), Kernel.RUNNING, HostFiles.RUNNING, choice)) {
            System.out.println("measured " + engine.description());
            engine.attach();
            Thread.sleep(100);
            engine.detach();
            CounterSnapshot counters = new CounterSnapshot();
            engine.counters(counters);
            int n = engine.samples().drain(s -> {}, 1000000);
            System.out.println("measured " + n + " malloc " + counters.calls(Allocator.MALLOC) + " "
                    + counters.sampled() + " " + counters.lost());
            assertThat(counters.sampled()).isPositive();
        }
    }
}
