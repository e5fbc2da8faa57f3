// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sleep that does not end when it should lasts an hour. */
@Timeout(60)
class DoorbellTest {
    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    private Doorbell bell;
    private ByteBuffer memory;

    @BeforeEach
    void load() throws Exception {
        NativeLibrary.load();
        memory = ByteBuffer.allocateDirect(Doorbell.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bell = new Doorbell(Kernel.RUNNING, memory);
    }

    @Test
    void aSleepEndsByItself() {
        bell.arm(1);
        long before = System.nanoTime();
        bell.sleep(2_000_000);
        assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(1_000_000);
        assertThat(memory.getInt(0)).as("asleep").isZero();
    }

    @Test
    void aRingBeforeTheSleepIsNotForgotten() {
        bell.arm(1);
        bell.ring();
        bell.sleep(HOUR);
        bell.arm(1);
        bell.disarm();
        bell.sleep(HOUR);
    }

    @Test
    void aRingThatNobodyWaitsForIs() {
        bell.ring();
        bell.arm(1);
        assertThat(memory.getInt(0)).as("asleep").isEqualTo(1);
        assertThat(memory.getInt(4)).as("left").isEqualTo(1);
        assertThatCode(() -> bell.sleep(-1)).doesNotThrowAnyException();
    }

    @Test
    void noRingIsMissed() throws InterruptedException {
        int rounds = 20_000;
        AtomicInteger work = new AtomicInteger();
        Thread sleeper = new Thread(() -> {
            for (int done = 0; done < rounds; ) {
                bell.arm(1);
                if (work.get() > done) {
                    bell.disarm();
                    done = work.get();
                } else {
                    bell.sleep(HOUR);
                }
            }
        });
        sleeper.setDaemon(true);
        sleeper.start();
        for (int i = 0; i < rounds; i++) {
            work.incrementAndGet();
            bell.ring();
        }
        sleeper.join();
    }
}
