// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.dwunw.it.bench.EchoServer.Echo;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;

/**
 * Measurement of what a profiler costs a Netty echo server that has come to rest: in one process, beside an ordinary
 * recording without dwunw's events, under steady load from a second JVM, it is switched on and off in turns. Each time
 * on is compared with the mean of the times off before and after it, so that neither the compilers nor a machine that
 * is faster in one minute than in the next have a say. Prints {@code off} (messages a second), {@code ratio} (on to
 * off, the mean) and {@code error} (its standard error).
 */
public final class SwitchedEcho {
    private static final String CONNECTIONS = "8";
    private static final long UNTIL_COMPILED_MILLIS = 6_000;
    private static final long WINDOW_MILLIS = 2_000;
    /** After each switch, before the messages are counted. */
    private static final long SETTLING_MILLIS = 700;

    private SwitchedEcho() {}

    /** Profiler that can be switched on; closing what it gives switches it off. */
    private interface Profiler {
        Closeable start() throws Exception;
    }

    /** A recording of dwunw's events. */
    private static final class Dwunw implements Profiler {
        static final List<String> EVENTS =
                List.of("dwunw.NativeAllocation", "dwunw.NativeLeak", "dwunw.AgentStatistics");

        @Override
        public Closeable start() {
            Recording recording = new Recording();
            EVENTS.forEach(recording::enable);
            recording.start();
            return recording;
        }
    }

    /** async-profiler, by the Java API of its jar. */
    private static final class AsyncProfiler implements Profiler {
        private final Object profiler;
        private final Method execute;
        private final String start;

        AsyncProfiler(String start) throws ReflectiveOperationException {
            Class<?> type = Class.forName("one.profiler.AsyncProfiler");
            this.profiler = type.getMethod("getInstance").invoke(null);
            this.execute = type.getMethod("execute", String.class);
            this.start = start;
        }

        @Override
        public Closeable start() throws IOException {
            execute(start);
            return () -> execute("stop");
        }

        private void execute(String command) throws IOException {
            try {
                execute.invoke(profiler, command);
            } catch (ReflectiveOperationException e) {
                throw new IOException(command, e);
            }
        }
    }

    @ChannelHandler.Sharable
    private static final class CountingEcho extends Echo {
        private final AtomicLong messages = new AtomicLong();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            messages.incrementAndGet();
            super.channelRead(context, message);
        }
    }

    /** Arguments: how often to switch on, and {@code dwunw} or what starts async-profiler. */
    public static void main(String[] args) throws Exception {
        int times = Integer.parseInt(args[0]);
        Profiler profiler = args[1].equals("dwunw") ? new Dwunw() : new AsyncProfiler(args[1]);
        CountingEcho echo = new CountingEcho();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try (Recording rest = new Recording(Configuration.getConfiguration("default"))) {
            Dwunw.EVENTS.forEach(rest::disable);
            rest.start();
            Channel server = EchoServer.listen(group, null, echo);
            Process load = EchoServer.startLoad(Integer.toString(EchoServer.port(server)), CONNECTIONS);
            try {
                System.out.println(compare(times, profiler, echo));
            } finally {
                load.destroy();
                load.waitFor();
            }
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    private static String compare(int times, Profiler profiler, CountingEcho echo) throws Exception {
        Thread.sleep(UNTIL_COMPILED_MILLIS);
        Closeable running = profiler.start(); // once for its own code
        Thread.sleep(UNTIL_COMPILED_MILLIS);
        running.close();
        double[] off = new double[times + 1];
        double[] on = new double[times];
        off[0] = rate(echo);
        for (int i = 0; i < times; i++) {
            running = profiler.start();
            on[i] = rate(echo);
            running.close();
            off[i + 1] = rate(echo);
        }
        double sum = 0;
        double squares = 0;
        double sumOff = 0;
        for (int i = 0; i < times; i++) {
            double ratio = on[i] / ((off[i] + off[i + 1]) / 2);
            sum += ratio;
            squares += ratio * ratio;
            sumOff += off[i];
        }
        double mean = sum / times;
        double error = Math.sqrt(Math.max(0, squares / times - mean * mean) / Math.max(1, times - 1));
        return String.format(Locale.ROOT, "off=%.0f ratio=%.4f error=%.4f", sumOff / times, mean, error);
    }

    /** Messages a second. */
    private static double rate(CountingEcho echo) throws InterruptedException {
        Thread.sleep(SETTLING_MILLIS);
        long before = echo.messages.get();
        long start = System.nanoTime();
        Thread.sleep(WINDOW_MILLIS);
        return (echo.messages.get() - before) * 1e9 / (System.nanoTime() - start);
    }
}
