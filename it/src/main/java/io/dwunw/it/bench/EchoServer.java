// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Netty echo server under load from a second JVM, {@link EchoLoad}. An operation is one message there and back; of
 * the keys of this package it prints {@code process} (the server's alone), {@code operations}, {@code from}, {@code
 * until}, {@code rss}, and {@code throughput} (messages a second) and {@code p50}, {@code p99} (microseconds).
 */
public final class EchoServer {
    private EchoServer() {}

    /** Arguments: connections, milliseconds of warm-up, milliseconds to measure, {@code pooled} or {@code unpooled}. */
    public static void main(String[] args) throws Exception {
        Phases phases = Phases.parse(args);
        Readiness.await();
        // Unpooled, every message read is a direct buffer of its own, which the JDK takes from malloc.
        ByteBufAllocator allocator = "unpooled".equals(args[3]) ? new UnpooledByteBufAllocator(true) : null;
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Channel server = listen(group, allocator, new Echo());
            System.out.println(load(phases, port(server)));
            server.close().sync();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    /** @param echo is the handler of all connections */
    static Channel listen(EventLoopGroup group, @Nullable ByteBufAllocator allocator, Echo echo)
            throws InterruptedException {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(echo);
                    }
                });
        if (allocator != null) {
            bootstrap.childOption(ChannelOption.ALLOCATOR, allocator);
        }
        return bootstrap
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .sync()
                .channel();
    }

    static int port(Channel server) {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Starts the second JVM. */
    static Process startLoad(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                EchoLoad.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        // What is measured is this JVM: no one may listen to that one.
        builder.environment().keySet().removeIf(name -> name.startsWith("LD_") || name.contains("MALLOC"));
        return builder.start();
    }

    /** Runs the second JVM, and reads this one's CPU time when that one says that it begins and ends to measure. */
    private static String load(Phases phases, int port) throws IOException, InterruptedException {
        Process process = startLoad(
                Integer.toString(port),
                Integer.toString(phases.threads()),
                Long.toString(phases.warmupMillis()),
                Long.toString(phases.measuredMillis()));
        Map<String, Long> cpu = new TreeMap<>();
        Map<String, Long> epoch = new TreeMap<>();
        String result = null;
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                cpu.put(line, ProcessFigures.cpuNanos());
                epoch.put(line, System.currentTimeMillis());
                result = line;
            }
        }
        if (process.waitFor() != 0 || result == null || !cpu.keySet().containsAll(List.of("begin", "end"))) {
            throw new IOException("the load ended with " + process.exitValue() + " after " + cpu.keySet());
        }
        long messages = Long.parseLong(result.replaceAll(".*operations=(\\d+).*", "$1"));
        return String.format(
                Locale.ROOT,
                "%s process=%.3f from=%d until=%d rss=%d",
                result,
                (double) (value(cpu, "end") - value(cpu, "begin")) / messages,
                value(epoch, "begin"),
                value(epoch, "end"),
                ProcessFigures.peakResidentKib());
    }

    private static long value(Map<String, Long> values, String key) {
        Long value = values.get(key);
        return value == null ? 0 : value;
    }

    // Netty's void promise reports nothing, and a failure closes the channel.
    @SuppressWarnings("FutureReturnValueIgnored")
    @ChannelHandler.Sharable
    static class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
