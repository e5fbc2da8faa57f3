// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.bytes.MalformedDataException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Samples pairs of functions that the user has named, by uprobes. A library that is loaded later gets its probes when
 * {@link #samples} are drained the next time. Thread-safe, except that one thread at a time drains.
 */
public final class PairEngine implements SamplingEngine {
    /**
     * On a virtual machine of today, where traps are expensive: these functions are the user's, and not called to find
     * out.
     */
    private static final long USUAL_CALL_PICOS = 800_000;

    private static final long USUAL_SAMPLE_NANOS = 2_000;

    private final BpfSession kernel;
    private final Links.Method method;
    private final SampleSource samples;
    private final Consumer<String> console;
    private final ProbedPair[] pairs;
    private final BpfCounters snapshot = new BpfCounters();
    private boolean attached;
    private final Thread atExit = new AtExit();
    private boolean oddSizesSaid;
    private boolean unmatchedSaid;
    private long libraryChanges;

    /** One pair, and the library that its probes are set in. */
    private static final class ProbedPair {
        final AllocatorPair pair;
        final int number;
        /** The library as it was found, whether or not its functions were; null = it is not there. */
        @Nullable
        Mapping library;

        @Nullable
        Links links;

        /** Its library has been there once. */
        boolean matched;

        /** Why it is not traced, in the words of the line that the user has seen. */
        @Nullable
        String refusal;

        ProbedPair(AllocatorPair pair, int number) {
            this.pair = pair;
            this.number = number;
        }
    }

    private PairEngine(BpfSession kernel, Links.Method method, List<AllocatorPair> pairs, Consumer<String> console) {
        this.kernel = kernel;
        this.method = method;
        this.console = console;
        this.samples = new StackBoundingSource(
                kernel.ring(), new StackBounds(kernel.files(), this::stackBounds), this::lookIfChanged);
        this.pairs = new ProbedPair[pairs.size()];
        for (int i = 0; i < this.pairs.length; i++) {
            this.pairs[i] = new ProbedPair(pairs.get(i), i);
        }
    }

    /**
     * Loads everything; no probe is set yet.
     *
     * @param pairs at most {@link AllocatorPair#MAX_PAIRS}; records number them in this order
     * @param console takes single lines for the user
     * @throws BpfUnavailableException if this process cannot have uprobes, with a line that says why
     */
    public static PairEngine open(UprobeConfig config, List<AllocatorPair> pairs, Consumer<String> console)
            throws BpfUnavailableException {
        BpfSession.requireNativeLibrary();
        return open(config, Kernel.RUNNING, ProcFiles.RUNNING, AttachMethods.BEST, pairs, console);
    }

    static PairEngine open(
            UprobeConfig config,
            Kernel kernel,
            ProcFiles files,
            AttachMethods choice,
            List<AllocatorPair> pairs,
            Consumer<String> console)
            throws BpfUnavailableException {
        BpfSession side = BpfSession.open(config, kernel, files, null);
        try {
            Links.Method method = choice.chooseCustom(side.bpf(), side.object(), side.pid());
            PairEngine engine = new PairEngine(side, method, pairs, console);
            engine.describePairs();
            Runtime.getRuntime().addShutdownHook(engine.atExit);
            return engine;
        } catch (KernelCallException e) {
            side.close();
            if (e.error() == Errno.EOPNOTSUPP) {
                throw new BpfUnavailableException(
                        Reason.OLD_KERNEL, "this kernel has no uprobe_multi links: Linux 6.6 or later is needed", e);
            }
            throw side.explain(e);
        }
    }

    private void describePairs() {
        for (ProbedPair probed : pairs) {
            AllocatorPair pair = probed.pair;
            ByteBuffer allocates = BpfSystem.buffer(EngineLayout.CUSTOM_LENGTH);
            allocates.putLong(EngineLayout.CUSTOM_CONSTANT, pair.constantSize());
            allocates.putInt(EngineLayout.CUSTOM_FIRST, pair.sizeArgument());
            allocates.putInt(EngineLayout.CUSTOM_SECOND, pair.factorArgument());
            allocates.putInt(EngineLayout.CUSTOM_OUT, pair.outArgument());
            ByteBuffer frees = BpfSystem.buffer(EngineLayout.CUSTOM_LENGTH);
            frees.putInt(EngineLayout.CUSTOM_FIRST, pair.freeArgument());
            describe(2 * probed.number, allocates);
            describe(2 * probed.number + EngineLayout.CUSTOM_FREES, frees);
        }
    }

    private void describe(int function, ByteBuffer what) {
        kernel.put("custom", BpfSystem.buffer(Integer.BYTES).putInt(0, function), what);
    }

    @Override
    public synchronized void attach() {
        if (!attached && !kernel.closed()) {
            attached = true;
            look();
        }
    }

    @Override
    public synchronized void detach() {
        if (attached) {
            attached = false;
            sayUnmatched();
            for (ProbedPair pair : pairs) {
                forget(pair);
            }
            kernel.forgetLiveBlocks();
        }
    }

    @Override
    public synchronized boolean attached() {
        return attached;
    }

    private static void forget(ProbedPair pair) {
        if (pair.links != null) {
            pair.links.close();
            pair.links = null;
        }
        pair.library = null;
    }

    /** Sets the probes of libraries that have come, and removes those of libraries that are gone. */
    private void look() {
        libraryChanges = Linux.libraryChanges();
        List<Mapping> mappings = Mapping.parse(kernel.files().readIfPresent("/proc/self/maps"));
        for (ProbedPair pair : pairs) {
            Mapping library = library(pair.pair, mappings);
            if (library == null) {
                forget(pair);
            } else if (pair.library == null || !isSame(library, pair.library)) {
                forget(pair);
                pair.library = library;
                pair.matched = true;
                probe(pair, library);
            }
        }
    }

    private static boolean isSame(Mapping a, Mapping b) {
        return a.low() == b.low() && a.inode() == b.inode() && a.path().equals(b.path());
    }

    /**
     * The first of the library's mappings that has code. One that was deleted has no file any more that a probe could
     * be set in.
     */
    private static @Nullable Mapping library(AllocatorPair pair, List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (mapping.executable() && pair.isIn(mapping)) {
                return mapping;
            }
        }
        return null;
    }

    private void probe(ProbedPair pair, Mapping library) {
        try {
            pair.links = method.attach(PairFunctions.find(pair.pair, pair.number, library));
        } catch (PairFunctions.MissingFunctionException e) {
            refused(pair, String.valueOf(e.getMessage()));
        } catch (KernelCallException e) {
            refused(pair, String.valueOf(kernel.explain(e).getMessage()));
        } catch (IOException | MalformedDataException e) {
            refused(pair, library.path() + " cannot be read: " + e.getMessage());
        }
    }

    /** Says which libraries never came, once: a name that is wrong looks like one that has no leaks. */
    private synchronized void sayUnmatched() {
        StringBuilder names = new StringBuilder();
        for (ProbedPair pair : pairs) {
            if (!pair.matched) {
                names.append(names.isEmpty() ? "" : ", ").append(pair.pair.library());
                names.append(':').append(pair.pair.allocate()).append('/').append(pair.pair.free());
            }
        }
        if (!names.isEmpty() && !unmatchedSaid) {
            unmatchedSaid = true;
            console.accept("pair: no library of that name was loaded: " + names);
        }
    }

    /** A recording may last as long as the JVM. */
    private final class AtExit extends Thread {
        AtExit() {
            super("dwunw pairs at exit");
        }

        @Override
        public void run() {
            if (attached()) {
                sayUnmatched();
            }
        }
    }

    private void refused(ProbedPair pair, String why) {
        if (why.equals(pair.refusal)) {
            return; // the recording before this one said so
        }
        pair.refusal = why;
        console.accept("not tracing pair " + pair.pair.allocate() + "/" + pair.pair.free() + ": " + why);
    }

    @Override
    public long callPicos(Allocator allocator) {
        return USUAL_CALL_PICOS;
    }

    @Override
    public long sampleNanos() {
        return USUAL_SAMPLE_NANOS;
    }

    /** In the order in which the kernel took them. */
    @Override
    public SampleSource samples() {
        return samples;
    }

    private synchronized void lookIfChanged() {
        if (attached && Linux.libraryChanges() != libraryChanges) {
            look();
        }
    }

    @Override
    public synchronized void excludeThread(int tid) {
        kernel.excludeThread(tid);
    }

    @Override
    public synchronized void registerJavaThread(int tid, long javaThread) {
        kernel.registerJavaThread(tid, javaThread);
    }

    private synchronized void stackBounds(int tid, long low, long high) {
        kernel.stackBounds(tid, low, high);
    }

    @Override
    public synchronized void setJavaThreadLayout(JavaThreadLayout offsets) {
        kernel.setJavaThreadLayout(offsets);
    }

    @Override
    public synchronized void setInterval(long bytes) {
        kernel.setInterval(bytes);
    }

    @Override
    public synchronized boolean isLive(long blockKey) {
        return kernel.isLive(blockKey);
    }

    @Override
    public synchronized void counters(EngineCounters into) {
        counters(snapshot);
        snapshot.copyTo(into);
        if (snapshot.oddSizes() > 0 && !oddSizesSaid) {
            oddSizesSaid = true;
            console.accept("pair: calls with sizes that no block can have are left out; name the argument that is the"
                    + " size, for example pair=libfoo.so:ctx_new(2)/ctx_free");
        }
    }

    /** Reads all counters. */
    public synchronized void counters(BpfCounters into) {
        kernel.counters(into);
    }

    /** Which pairs have their probes, and which have not. */
    @Override
    public synchronized String description() {
        StringBuilder text =
                new StringBuilder("pairs (").append(method.description()).append(")");
        for (ProbedPair pair : pairs) {
            text.append(' ').append(pair.pair.allocate()).append('/').append(pair.pair.free());
            if (pair.links == null) {
                text.append(pair.library == null ? " (not loaded)" : " (not found)");
            }
        }
        return text.toString();
    }

    @Override
    public synchronized void close() {
        detach();
        kernel.close();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM ends: the hook finds the engine detached.
        }
    }
}
