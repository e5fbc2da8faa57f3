// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaFrameSink;
import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.hotspot.JavaStep;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.ModuleMap;
import io.dwunw.unwind.NativeUnwinder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class MixedStackWalkerTest {
    private static final long NATIVE_PC = 0x5000_0000L;
    private static final long JAVA_LOW = 0x7000_0000L;
    private static final long JAVA_HIGH = 0x7100_0000L;
    private static final long STACK_LOW = 0x1000L;

    private final long[] words = new long[64];
    private final StackMemory stack = new StackMemory() {
        @Override
        public long lowAvma() {
            return STACK_LOW;
        }

        @Override
        public long highAvma() {
            return STACK_LOW + words.length * 8L;
        }

        @Override
        public boolean contains(long avma, int bytes) {
            return avma >= lowAvma() && avma + bytes <= highAvma();
        }

        @Override
        public long word(long avma) {
            return words[(int) (avma - STACK_LOW) / 8];
        }
    };
    private final FrameBuffer frames = new FrameBuffer(16);
    private final SampleAnchor anchor = new SampleAnchor();

    private void walk(@Nullable JavaCode java, long pc) {
        ModuleMap modules = new ModuleMap(module -> {
            throw new IOException("no files here");
        });
        MixedStackWalker walker =
                new MixedStackWalker(modules, new NativeUnwinder(modules), java, sampleNanos -> false);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.sp(STACK_LOW);
        registers.pc(pc);
        walker.walk(registers, anchor, stack, 0, false, frames);
    }

    @Test
    void saysThatJavaFramesAreNotAvailable() {
        walk(null, NATIVE_PC);

        assertThat(frames.state()).isEqualTo(StackState.JAVA_UNAVAILABLE);
        assertThat(frames.count()).isEqualTo(1);
        assertThat(frames.frame(0)).isEqualTo(PackedFrame.raw(NATIVE_PC));
    }

    @Test
    void endsWhereThereIsNeitherUnwindInformationNorAnAnchor() {
        walk(new FakeJava(), NATIVE_PC);

        assertThat(frames.state()).isEqualTo(StackState.NO_MODULE);
    }

    @Test
    void goesOnAtTheAnchor() {
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);

        walk(new FakeJava(), NATIVE_PC);

        assertThat(frames.count()).isEqualTo(3);
        assertThat(frames.frame(2)).isEqualTo(PackedFrame.java(1, 10, false));
    }

    @Test
    void saysThatFramesAreMissingWhereItWentOnAtTheAnchor() {
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);

        walk(new FakeJava(), NATIVE_PC);

        assertThat(frames.state()).isEqualTo(StackState.SKIPPED_UNKNOWN);
        assertThat(frames.state().complete()).isFalse();
        assertThat(PackedFrame.kind(frames.frame(1))).isEqualTo(PackedFrame.Kind.GAP);
    }

    @Test
    void saysSoRatherThanThatAFrameHasNoName() {
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);
        FakeJava java = new FakeJava();
        java.gone = true;

        walk(java, NATIVE_PC);

        assertThat(frames.state()).isEqualTo(StackState.SKIPPED_UNKNOWN);
    }

    /** Native code may run on a stack of its own; its outermost frame is not the thread's. */
    @Test
    void doesNotTakeTheEndOfAnotherStackForTheThreadsEnd() {
        anchor.set(stack.highAvma() + 0x1000, JAVA_LOW + 1, 0);

        walk(new FakeJava(), 0);

        assertThat(frames.state()).isEqualTo(StackState.BEFORE_JAVA);
    }

    @Test
    void isCompleteWhenTheAnchorsFrameWasPassed() {
        anchor.set(STACK_LOW, JAVA_LOW + 1, 0);

        walk(new FakeJava(), JAVA_LOW + 1);

        assertThat(frames.state()).isEqualTo(StackState.COMPLETE);
    }

    /** Of a library that came later to where another was. */
    @Test
    void doesNotNameAModuleThatWasNotThereYet() {
        for (long[] sampledAndGone : new long[][] {{99, 1}, {100, 0}}) {
            walkInModule(100, sampledAndGone[0], null);

            boolean gone = sampledAndGone[1] != 0;
            assertThat(PackedFrame.kind(frames.frame(0)))
                    .isEqualTo(gone ? PackedFrame.Kind.RAW : PackedFrame.Kind.NATIVE);
            assertThat(frames.state()).isEqualTo(gone ? StackState.LIBRARY_GONE : StackState.NO_IMAGE);
        }
    }

    @Test
    void goesOnAtTheAnchorWhereALibraryIsGone() {
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);

        walkInModule(100, 99, new FakeJava());

        assertThat(frames.state()).isEqualTo(StackState.SKIPPED_GONE);
    }

    @Test
    void goesOnAtTheAnchorWhereALibraryCannotBeUnwound() {
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);

        walkInModule(100, 100, new FakeJava());

        assertThat(frames.state()).isEqualTo(StackState.SKIPPED_NATIVE);
    }

    private void walkInModule(long mappedFrom, long sampleNanos, @Nullable JavaCode java) {
        ModuleMap modules = new ModuleMap(module -> {
            throw new IOException("no files here");
        });
        modules.update("50000000-50001000 r-xp 00000000 00:01 7 /one.so\n");
        MappedModules mapped = new MappedModules() {
            @Override
            public boolean refreshAfterMiss(long nanos) {
                return false;
            }

            @Override
            public boolean allWereMapped(long nanos) {
                return nanos >= mappedFrom;
            }

            @Override
            public boolean wasMapped(int moduleId, long nanos) {
                return nanos >= mappedFrom;
            }
        };
        MixedStackWalker walker = new MixedStackWalker(modules, new NativeUnwinder(modules), java, mapped);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.sp(STACK_LOW);
        registers.pc(NATIVE_PC);
        walker.walk(registers, anchor, stack, sampleNanos, false, frames);
    }

    @Test
    void takesTheReturnAddressBelowTheAnchorWhereTheAnchorHasNone() {
        anchor.set(STACK_LOW + 80, 0, 0);
        words[9] = JAVA_LOW + 2;

        walk(new FakeJava(), NATIVE_PC);

        assertThat(frames.frame(2)).isEqualTo(PackedFrame.java(2, 10, false));
    }

    @Test
    void doesNotBelieveAnAnchorThatDoesNotLeadUpwardsIntoJavaCode() {
        for (long[] wrong : new long[][] {
            {STACK_LOW, JAVA_LOW + 1},
            {STACK_LOW - 8, JAVA_LOW + 1},
            {stack.highAvma() + 8, JAVA_LOW + 1},
            {STACK_LOW + 80, NATIVE_PC},
        }) {
            anchor.set(wrong[0], wrong[1], 0);

            walk(new FakeJava(), NATIVE_PC);

            assertThat(frames.state()).isEqualTo(StackState.NO_MODULE);
            assertThat(frames.count()).isEqualTo(1);
        }
    }

    @Test
    void confessesWhatTheJavaFramesLack() {
        FakeJava java = new FakeJava();
        java.gone = true;

        walk(java, JAVA_LOW + 1);

        assertThat(frames.state()).isEqualTo(StackState.METHOD_GONE);
        assertThat(frames.state().complete()).isFalse();
    }

    @Test
    void saysThatFramesLackRatherThanThatOneHasNoName() {
        FakeJava java = new FakeJava();
        java.gone = true;
        java.missedInlined = true;

        walk(java, JAVA_LOW + 1);

        assertThat(frames.state()).isEqualTo(StackState.INLINED_UNKNOWN);
    }

    @Test
    void walksAgainWhatWasDisturbed() {
        FakeJava java = new FakeJava();
        java.disturbances = 2;

        walk(java, JAVA_LOW + 1);

        assertThat(java.walks).isEqualTo(3);
        assertThat(frames.state()).isEqualTo(StackState.COMPLETE);
        assertThat(frames.count()).isEqualTo(1);
    }

    @Test
    void namesNoJavaFrameWhereNoWalkIsLeftUndisturbed() {
        FakeJava java = new FakeJava();
        java.disturbances = 100;
        anchor.set(STACK_LOW + 80, JAVA_LOW + 1, 0);

        walk(java, NATIVE_PC);

        assertThat(java.walks).isLessThan(10);
        assertThat(frames.state()).isEqualTo(StackState.CODE_REPLACED);
        assertThat(PackedFrame.kind(frames.frame(frames.count() - 1))).isNotEqualTo(PackedFrame.Kind.JAVA);
        assertThat(frames.frame(0)).isEqualTo(PackedFrame.raw(NATIVE_PC));
    }

    /** The walker remembers which module a pc lies in, but not longer than that is so. */
    @Test
    void tellsAModuleFromOneThatWasThereBefore() {
        ModuleMap modules = new ModuleMap(module -> {
            throw new IOException("no files here");
        });
        MixedStackWalker walker =
                new MixedStackWalker(modules, new NativeUnwinder(modules), null, sampleNanos -> false);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.sp(STACK_LOW);
        registers.pc(NATIVE_PC);
        List<String> names = new ArrayList<>();
        for (String file : List.of("one.so", "one.so", "two.so", "two.so")) {
            modules.update("50000000-50001000 r-xp 00000000 00:01 " + file.charAt(0) % 10 + " /" + file + "\n");
            walker.walk(registers, anchor, stack, 0, false, frames);
            int module = PackedFrame.moduleId(frames.frame(0));
            names.add(
                    Objects.requireNonNull(walker.walkedModules().find(module)).name());
        }

        assertThat(names).containsExactly("one.so", "one.so", "two.so", "two.so");
    }

    @Test
    void stopsAtTheFrameLimit() {
        FakeJava java = new FakeJava();
        java.endless = true;

        walk(java, JAVA_LOW + 1);

        assertThat(frames.state()).isEqualTo(StackState.MAX_FRAMES);
        assertThat(frames.count()).isEqualTo(16);
    }

    @Test
    void saysWhyAStepThroughJavaCodeFailed() {
        FakeJava java = new FakeJava();
        java.result = JavaStep.CODE_FREED;

        walk(java, JAVA_LOW + 1);

        assertThat(frames.state()).isEqualTo(StackState.CODE_FREED);
    }

    /** One Java frame, whose method's number is the offset of its pc; its caller is the end of the stack. */
    private static final class FakeJava implements JavaCode {
        private boolean gone;
        private boolean missedInlined;
        private boolean endless;
        /** Walks during which something goes away. */
        private int disturbances;

        private int walks;
        private JavaStep result = JavaStep.STEPPED;

        @Override
        public void begin(long sampleNanos) {
            walks++;
        }

        @Override
        public boolean undisturbed() {
            return disturbances-- <= 0;
        }

        @Override
        public boolean idle() {
            return true;
        }

        @Override
        public boolean contains(long pc) {
            return pc >= JAVA_LOW && pc < JAVA_HIGH;
        }

        @Override
        public JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink) {
            if (result == JavaStep.STEPPED) {
                sink.javaFrame((int) (registers.pc() - JAVA_LOW), 10, false);
                registers.pc(endless ? registers.pc() : 0);
                registers.sp(registers.sp() + 16);
            }
            return result;
        }

        @Override
        public long savedAnchorSp() {
            return 0;
        }

        @Override
        public long savedAnchorPc() {
            return 0;
        }

        @Override
        public long savedAnchorFp() {
            return 0;
        }

        @Override
        public boolean metGoneMethod() {
            return gone;
        }

        @Override
        public boolean searched() {
            return false;
        }

        @Override
        public boolean missedInlined() {
            return missedInlined;
        }

        @Override
        public boolean metFrozenFrames() {
            return false;
        }

        @Override
        public JavaMethod method(int methodId) {
            return JavaMethod.UNKNOWN;
        }

        @Override
        public String stubName(int stubId) {
            return "stub";
        }
    }
}
