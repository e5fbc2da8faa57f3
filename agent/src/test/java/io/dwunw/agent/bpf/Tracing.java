// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.ringbuf.SampleHandler;
import java.util.concurrent.CountDownLatch;

/** Runs calls with probes set, while a thread of its own, which is not sampled, drains. */
public final class Tracing {
    /** Calls that are to be traced. */
    public interface Calls<E extends SamplingEngine> {
        void run(E engine) throws Exception;
    }

    private Tracing() {}

    public static <E extends SamplingEngine> void run(E engine, SampleHandler handler, Calls<? super E> calls)
            throws Exception {
        CountDownLatch ready = new CountDownLatch(1);
        CountDownLatch stop = new CountDownLatch(1);
        Throwable[] failure = new Throwable[1];
        Thread drainer = new Thread(
                () -> {
                    try {
                        engine.excludeThread(Linux.threadId());
                        ready.countDown();
                        while (stop.getCount() > 0) {
                            if (engine.samples().drain(handler, 1000) == 0) {
                                Thread.sleep(1);
                            }
                        }
                    } catch (InterruptedException | RuntimeException | Error e) {
                        failure[0] = e;
                    }
                },
                "drainer");
        drainer.start();
        ready.await();
        try {
            engine.attach();
            calls.run(engine);
        } finally {
            engine.detach();
            stop.countDown();
            drainer.join();
        }
        while (engine.samples().drain(handler, 1000) > 0) {
            // what was made until the probes were gone
        }
        if (failure[0] != null) {
            throw new AssertionError("the drainer failed", failure[0]);
        }
    }
}
