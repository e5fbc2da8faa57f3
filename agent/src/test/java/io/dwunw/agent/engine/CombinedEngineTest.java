// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Sample;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;

class CombinedEngineTest {
    /** Has so many samples, and gets another for each that is taken while it is {@code busy}. */
    private static final class Queue implements SampleSource {
        private final boolean busy;
        private final Sample sample = new Sample();
        private long produced;
        private long consumed;

        Queue(long produced, boolean busy) {
            this.produced = produced;
            this.busy = busy;
        }

        @Override
        public int drain(SampleHandler handler, int limit) {
            int drained = 0;
            for (; drained < limit && consumed < produced; drained++) {
                handler.onSample(sample);
                consumed++;
                produced += busy ? 1 : 0;
            }
            return drained;
        }

        @Override
        public void lookAhead(SampleHandler handler) {
            for (long at = consumed; at < produced; at++) {
                handler.onSample(sample);
            }
        }

        @Override
        public long room() {
            return Long.MAX_VALUE;
        }

        @Override
        public long produced() {
            return produced;
        }

        @Override
        public long consumed() {
            return consumed;
        }

        @Override
        public long capacity() {
            return 0;
        }

        @Override
        public boolean crowded() {
            return false;
        }
    }

    private static SampleSource combined(SampleSource libc, SampleSource custom) {
        return new CombinedEngine(engine(libc), engine(custom)).samples();
    }

    private static SamplingEngine engine(SampleSource samples) {
        return (SamplingEngine) Proxy.newProxyInstance(
                SamplingEngine.class.getClassLoader(),
                new Class<?>[] {SamplingEngine.class},
                (proxy, method, arguments) -> method.getName().equals("samples") ? samples : null);
    }

    @Test
    void aBusyOneDoesNotKeepTheOtherWaiting() {
        Queue libc = new Queue(100, false);
        Queue custom = new Queue(100, true);
        assertThat(combined(libc, custom).drain(SampleHandler.FORGET, 32)).isEqualTo(32);
        assertThat(libc.consumed()).isEqualTo(16);
        assertThat(custom.consumed()).isEqualTo(16);
    }

    @Test
    void whatOneLeavesTheOtherTakes() {
        assertThat(combined(new Queue(100, false), new Queue(3, false)).drain(SampleHandler.FORGET, 32))
                .isEqualTo(32);
        assertThat(combined(new Queue(3, false), new Queue(100, false)).drain(SampleHandler.FORGET, 32))
                .isEqualTo(32);
        assertThat(combined(new Queue(3, false), new Queue(4, false)).drain(SampleHandler.FORGET, 32))
                .isEqualTo(7);
    }

    @Test
    void allOfBothIsDrained() {
        Queue libc = new Queue(1_000, false);
        Queue custom = new Queue(1_000, true);
        SampleSource both = combined(libc, custom);
        assertThat(both.backlog()).isEqualTo(2_000);
        both.drainAll(SampleHandler.FORGET, 0);
        assertThat(libc.consumed()).isEqualTo(1_000);
        assertThat(custom.consumed()).isBetween(1_000L, 1_300L);
    }
}
