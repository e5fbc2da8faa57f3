// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.budget.IntervalController;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.jfr.StackReplay;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Between two recordings that follow each other closely the engine stays attached. */
class RestTest {
    private static final long INTERVAL = 512 << 10;

    private static final ChangeableOptions OPTIONS =
            new ChangeableOptions(INTERVAL, INTERVAL, 0, Duration.ZERO, 0, Duration.ZERO);

    private final List<String> calls = new ArrayList<>();
    private SamplingPipeline parts;

    private final class Engine implements SamplingEngine {
        private boolean attached;

        @Override
        public void attach() {
            attached = true;
            calls.add("attach");
        }

        @Override
        public void detach() {
            attached = false;
            calls.add("detach");
        }

        @Override
        public boolean attached() {
            return attached;
        }

        @Override
        public SampleSource samples() {
            return new Nothing();
        }

        @Override
        public void setInterval(long bytes) {
            calls.add(
                    bytes == INTERVAL ? "samples" : bytes > 1L << 31 ? "samples next to nothing" : "samples " + bytes);
        }

        @Override
        public void excludeThread(int tid) {}

        @Override
        public void counters(EngineCounters into) {}

        @Override
        public boolean isLive(long blockKey) {
            return false;
        }

        @Override
        public void registerJavaThread(int tid, long javaThread) {}

        @Override
        public void setJavaThreadLayout(JavaThreadLayout offsets) {}

        @Override
        public long callPicos(Allocator allocator) {
            return 0;
        }

        @Override
        public long sampleNanos() {
            return 0;
        }

        @Override
        public String description() {
            return "none";
        }

        @Override
        public void close() {}
    }

    private final class Nothing implements SampleSource {
        @Override
        public int drain(SampleHandler handler, int limit) {
            calls.add(handler == SampleHandler.FORGET ? "forgets" : "takes in");
            return 0;
        }

        @Override
        public long produced() {
            return 0;
        }

        @Override
        public long consumed() {
            return 0;
        }

        @Override
        public void lookAhead(SampleHandler handler) {}

        @Override
        public long room() {
            return 0;
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

    @BeforeEach
    void assemble() throws Exception {
        NativeLibrary.load();
        SamplingEngine engine = new Engine();
        DistinctErrors errors = new DistinctErrors(line -> {});
        ModuleMap map = new ModuleMap(ProcessImages.ofSelf(null));
        MixedStackWalker walker = new MixedStackWalker(map, new NativeUnwinder(map), null, sampleNanos -> false);
        parts = new SamplingPipeline(
                engine,
                new ProcessModules(map, errors),
                walker,
                new FrameResolver(walker.walkedModules(), new Symboliser(), null, false),
                AllocatorNames.LIBC,
                JavaThreads.none(),
                new StackReplay(64),
                new OverheadBudget(engine, new IntervalController(INTERVAL, INTERVAL, 0), 0, line -> {}),
                errors,
                new UnreadFiles(line -> {}),
                64,
                OPTIONS,
                line -> {});
    }

    private void drainOnce() {
        parts.drain(1);
    }

    @Test
    void theNextRecordingFindsTheEngineAttached() throws Exception {
        parts.attach(false);
        drainOnce();
        assertThat(parts.sampling()).isTrue();
        assertThat(parts.rest()).isTrue();
        drainOnce();
        assertThat(parts.sampling()).isFalse();
        assertThat(parts.attached()).isTrue();
        parts.resume();
        drainOnce();
        assertThat(parts.sampling()).isTrue();
        assertThat(calls)
                .containsExactly("attach", "takes in", "samples next to nothing", "forgets", "samples", "takes in");
    }

    @Test
    void otherOptionsComeIntoForceAtOnceButNotWhileItRests() throws Exception {
        parts.attach(false);
        assertThat(parts.rest()).isTrue();
        parts.change(interval(1000));
        parts.resume();
        parts.change(interval(1000));
        parts.change(interval(2000));
        assertThat(calls).containsExactly("attach", "samples next to nothing", "samples 1000", "samples 2000");
    }

    private static ChangeableOptions interval(long bytes) {
        return new ChangeableOptions(bytes, bytes, 0, Duration.ZERO, 0, Duration.ZERO);
    }

    @Test
    void afterARestTheNextOneSamplesAsBefore() throws Exception {
        parts.attach(false);
        assertThat(parts.rest()).isTrue();
        parts.detach();
        assertThat(parts.attached()).isFalse();
        parts.attach(false);
        assertThat(calls).containsExactly("attach", "samples next to nothing", "detach", "samples", "attach");
    }
}
