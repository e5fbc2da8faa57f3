// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bell that one thread sleeps on, until a time has passed, somebody has rung, or native code has done so often enough:
 * a futex ({@code futex(2)}). The sleeper first {@linkplain #arm arms} the bell, then looks whether there is anything
 * to do already, and only then {@linkplain #sleep sleeps}: what comes in between ends the sleep at once.
 *
 * <p>Unlike {@link java.util.concurrent.locks.LockSupport#park} such a sleep is no event in JFR's eyes, of which a
 * recording would get dozens a second. But the thread is one in native code to it, which {@code jdk.NativeMethodSample}
 * shows unless JFR is asked to pass the thread over.
 *
 * <pre>
 * | asleep i32: 1 while the thread sleeps or is about to | left i32: how many more rings of native code wake it up |
 * </pre>
 *
 * One thread sleeps; {@link #ring} may be called by any.
 */
public final class Doorbell {
    /** Of the memory that the bell is. */
    public static final int BYTES = 8;

    private static final int ASLEEP = 0;
    private static final int LEFT = 4;
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int WAIT_PRIVATE = 128;
    private static final int WAKE_PRIVATE = 129;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Kernel kernel;
    private final ByteBuffer word;
    private final long address;
    /** A {@code struct timespec}. */
    private final ByteBuffer timeout = NativeMemory.permanent(16);

    /**
     * Over memory that stays mapped as long as the bell is used.
     *
     * @param memory direct, at a multiple of 4, zero
     */
    public Doorbell(Kernel kernel, ByteBuffer memory) {
        this.kernel = kernel;
        this.word = memory.order(ByteOrder.LITTLE_ENDIAN);
        this.address = Linux.address(memory);
    }

    /**
     * The next {@link #sleep} ends when it is rung, or the {@code times}-th time that native code has something to
     * tell, counted from now.
     */
    public void arm(int times) {
        INT.setVolatile(word, LEFT, times);
        INT.setVolatile(word, ASLEEP, 1);
    }

    /** There is something to do already: what comes from now on need not ring. */
    public void disarm() {
        INT.setVolatile(word, ASLEEP, 0);
    }

    /** Sleeps, if the bell has not been rung since it was armed, and disarms it. May end early without cause. */
    public void sleep(long nanos) {
        long rest = Math.max(0, nanos);
        timeout.putLong(0, rest / NANOS_PER_SECOND).putLong(8, rest % NANOS_PER_SECOND);
        kernel.call(SystemCall.FUTEX, address, WAIT_PRIVATE, 1, Linux.address(timeout), 0, 0);
        disarm();
    }

    /** Ends a sleep, or keeps an armed bell's from beginning. */
    public void ring() {
        if ((int) INT.getAndSet(word, ASLEEP, 0) != 0) {
            kernel.call(SystemCall.FUTEX, address, WAKE_PRIVATE, 1);
        }
    }
}
