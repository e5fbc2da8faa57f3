// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.linux.Linux;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Finds this thread, a new thread and, after it has ended, no thread, by OS thread ids. */
final class ThreadsProgram {
    private ThreadsProgram() {}

    public static void main(String[] arguments) throws Exception {
        Leaf.load(arguments[0]);
        JavaThreads threads = new Walked().hotspot().threads();
        threads.refresh();
        Map<Integer, Long> heard = new HashMap<>();
        threads.listen(heard::put);
        int self = Linux.threadId();
        check(Thread.currentThread().equals(threads.find(self, 0)), "finds the main thread");
        check(
                heard.getOrDefault(self, 0L) == threads.javaThread(self) && heard.getOrDefault(self, 0L) != 0,
                "hears of the main thread");
        AtomicInteger tid = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            tid.set(Linux.threadId());
            started.countDown();
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        other.start();
        started.await();
        threads.refresh();
        check(other.equals(threads.find(tid.get(), 0)), "finds a new thread");
        check(heard.getOrDefault(tid.get(), 0L) != 0, "hears of a new thread");
        mayEnd.countDown();
        other.join();
        check(
                other.equals(threads.find(tid.get(), heard.getOrDefault(tid.get(), 0L))),
                "knows whose sample it was, though the thread has ended since");
        long ofOther = heard.getOrDefault(tid.get(), 0L);
        threads.refresh();
        threads.drained();
        check(other.equals(threads.find(tid.get(), ofOther)), "knows it while samples may be on their way");
        threads.drained();
        check(threads.find(tid.get(), ofOther) == null, "forgets it afterwards");
        check(threads.find(tid.get(), 0) == null, "forgets a thread that has ended");
        check(heard.getOrDefault(tid.get(), -1L) == 0, "hears of the end of a thread");
        check(threads.find(self, 8) == null, "believes the sample, which knew another thread of that number");
        check(threads.find(1 << 30, 0) == null, "knows no thread that is none");
        System.out.println("RESULT samples=1 threads=" + heard.size());
    }

    private static void check(boolean condition, String what) {
        if (!condition) {
            throw new IllegalStateException("not so: " + what);
        }
    }
}
