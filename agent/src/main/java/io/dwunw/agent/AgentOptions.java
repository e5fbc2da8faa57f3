// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.AllocatorPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options that the user gave after {@code -javaagent:dwunw-agent.jar=}: {@code key=value} pairs, separated by commas.
 *
 * @param interval mean number of allocated bytes between two samples; 1 samples every allocation; {@link
 *     #AUTO_INTERVAL}
 *     for as few as {@code maxOverhead} bears
 * @param engine how allocations are caught
 * @param stackBytes most bytes of stack that one sample copies
 * @param depth most frames that one stack keeps
 * @param minAge how long a block must have lived before it counts as a leak
 * @param maxOverhead how much CPU time tracing may take, as a part of what the application uses; 0 for no limit
 * @param maxEvents allocation events a second that are published, as the rest joins the event of its stack; 0 for no
 *     limit
 * @param report time between two leak reports within a chunk; zero for one at its end only
 * @param hidden whether hidden Java frames (lambda forms and the like) are shown
 * @param pairs functions of the user's that allocate and free
 * @param request what is to be done instead of tracing, if anything
 */
public record AgentOptions(
        long interval,
        Engine engine,
        int stackBytes,
        int depth,
        Duration minAge,
        double maxOverhead,
        int maxEvents,
        Duration report,
        boolean hidden,
        List<AllocatorPair> pairs,
        Request request) {

    /** Way to catch allocations. */
    public enum Engine {
        /** The best that this process is allowed to use. */
        AUTO,
        /** Kernel probes on libc's allocator: nothing is put into the process. */
        UPROBE,
        /**
         * Wrappers in the process that sample before they tell, in the best way that this process is allowed to use.
         */
        HOOKS,
        /** Wrappers inside the process; stacks are copied by a BPF program. */
        HOOKS_BPF,
        /** Wrappers inside the process, which copy the stacks, too. */
        HOOKS_SELF;

        private final String text = name().toLowerCase(Locale.ROOT).replace('_', '-');

        /** As the user writes it. */
        String text() {
            return text;
        }
    }

    /** Task of the agent: to trace, or to print something and leave the application alone. */
    public enum Request {
        TRACE,
        HELP,
        VERSION
    }

    /** As few bytes as the budget bears. */
    static final long AUTO_INTERVAL = 0;
    /** Where {@link #AUTO_INTERVAL} begins, and stays if there is no budget to go by. */
    private static final long FIRST_AUTO_INTERVAL = 512 << 10;
    /**
     * The least that {@link #AUTO_INTERVAL} leads to: finer, most samples would be of blocks that no leak consists of.
     */
    private static final long NARROWEST_AUTO_INTERVAL = 16 << 10;

    static final long MAX_INTERVAL = 1L << 32;
    static final int DEFAULT_STACK_BYTES = 96 << 10;
    static final int MIN_STACK_BYTES = 4 << 10;
    static final int MAX_STACK_BYTES = 128 << 10;
    static final int DEFAULT_DEPTH = 256;
    static final int MIN_DEPTH = 4;
    /** The most that JFR stores of one stack. */
    static final int MAX_DEPTH = 2048;

    static final Duration DEFAULT_MIN_AGE = Duration.ofSeconds(5);
    static final double DEFAULT_MAX_OVERHEAD = 0.01;
    static final int DEFAULT_MAX_EVENTS = 200;
    static final int MAX_MAX_EVENTS = 1_000_000;

    static final Duration DEFAULT_REPORT = Duration.ofSeconds(60);
    static final Duration MAX_REPORT = Duration.ofDays(30);

    static final Duration MAX_MIN_AGE = Duration.ofDays(30);

    /** The table that {@code help} prints; {@code docs/options.md} says more about each. */
    static final String HELP = """
            dwunw: finds native-memory leaks of this JVM and writes them, with their stacks, into its JFR recordings.
            usage: java -javaagent:dwunw-agent.jar[=key=value,key=value...] -XX:StartFlightRecording:filename=rec.jfr ...
              interval=BYTES  mean bytes between samples, k/m/g allowed, 1 = every allocation  (default auto: as few as
                              maxoverhead bears, from 16k; 512k with maxoverhead=off)
              engine=NAME     hooks: wrappers in the process, no privileges needed; uprobe: kernel probes on libc's
                              allocator, nothing is put into the process  (default auto: hooks where possible)
              stack=BYTES     most stack bytes copied per sample, 4k to 128k  (default 96k)
              depth=FRAMES    most frames kept per stack, 4 to 2048  (default 256)
              minage=TIME     younger blocks are not called a leak, ms/s/m/h  (default 5s)
              maxoverhead=PERCENT  CPU time that tracing may take of what the application uses, or off: the interval is
                              widened where it takes more  (default 1%; off with interval=1)
              maxevents=RATE  most allocation events a second, or off: samples beyond that join the event of another of
                              their stack, nothing is dropped  (default 200; off with interval=1)
              report=TIME     between two leak reports while the recording goes on, the first after 15s, or off: only when a
                              chunk or the recording ends  (default 60s)
              hidden=BOOLEAN  show hidden Java frames such as lambda forms  (default false)
              pair=LIBRARY:ALLOCATE/FREE
                              functions of your own, as in pair=libfoo.so:ctx_new(2)/ctx_free: size is the 2nd argument;
                              or (1*2) a product, =64 a constant; a * in LIBRARY stands for any characters; may be
                              repeated
              help, version   print this, or the version, and run the application untraced
            events: dwunw.NativeAllocation, dwunw.NativeFree (off by default), dwunw.NativeLeak and its
              NativeLeakReport, dwunw.AgentStatistics, dwunw.AgentState""";

    private static final String[] KEYS = {
        "interval",
        "engine",
        "stack",
        "depth",
        "minage",
        "maxoverhead",
        "maxevents",
        "report",
        "hidden",
        "pair",
        "help",
        "version"
    };

    public AgentOptions {
        Objects.requireNonNull(engine);
        Objects.requireNonNull(minAge);
        Objects.requireNonNull(report);
        Objects.requireNonNull(request);
        pairs = List.copyOf(pairs);
    }

    /** What holds when nothing is said. */
    public static AgentOptions defaults() {
        return new AgentOptions(
                AUTO_INTERVAL,
                Engine.AUTO,
                DEFAULT_STACK_BYTES,
                DEFAULT_DEPTH,
                DEFAULT_MIN_AGE,
                DEFAULT_MAX_OVERHEAD,
                DEFAULT_MAX_EVENTS,
                DEFAULT_REPORT,
                false,
                List.of(),
                Request.TRACE);
    }

    /**
     * Reads the agent's argument.
     *
     * @param argument the text after the jar's name and {@code =}; null or blank for none
     * @throws OptionException naming the first thing that is wrong
     */
    public static AgentOptions parse(@Nullable String argument) throws OptionException {
        AgentOptions options = defaults();
        if (argument == null || argument.isBlank()) {
            return options;
        }
        Set<String> seen = new LinkedHashSet<>();
        for (String pair : argument.split(",", -1)) {
            String text = pair.strip();
            int equals = text.indexOf('=');
            String key = (equals < 0 ? text : text.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
            String value = equals < 0 ? null : text.substring(equals + 1).strip();
            options = options.with(key, value);
            if (!seen.add(key) && !key.equals("pair")) {
                throw new OptionException("option '" + key + "' is given twice");
            }
        }
        return options.interval == 1 ? options.forEveryAllocation(seen) : options;
    }

    /** Bytes between samples until it is known what they cost. */
    long firstInterval() {
        return interval == AUTO_INTERVAL ? FIRST_AUTO_INTERVAL : interval;
    }

    /** Bytes between samples that are never gone below. */
    long narrowestInterval() {
        return interval == AUTO_INTERVAL ? NARROWEST_AUTO_INTERVAL : interval;
    }

    /** Who wants every allocation wants no interval to be widened, and an event for each. */
    private AgentOptions forEveryAllocation(Set<String> said) {
        AgentOptions options = said.contains("maxoverhead") ? this : withMaxOverhead(0);
        return said.contains("maxevents") ? options : options.withMaxEvents(0);
    }

    private AgentOptions with(String key, @Nullable String value) throws OptionException {
        return switch (key) {
            case "interval" -> withInterval(interval(value));
            case "engine" -> withEngine(engine(value));
            case "stack" -> withStackBytes((int) bytes(key, value, MIN_STACK_BYTES, MAX_STACK_BYTES));
            case "depth" -> withDepth((int) number(key, value, MIN_DEPTH, MAX_DEPTH));
            case "minage" -> withMinAge(OptionValues.duration(key, value, MAX_MIN_AGE));
            case "maxoverhead" -> withMaxOverhead(OptionValues.percentage(key, value));
            case "maxevents" -> withMaxEvents(OptionValues.limit(key, value, MAX_MAX_EVENTS));
            case "report" -> withReport(OptionValues.durationOrOff(key, value, MAX_REPORT));
            case "hidden" -> withHidden(OptionValues.bool(key, value));
            case "pair" -> withPair(PairOption.parse(value));
            case "help" -> withRequest(flag(key, value, Request.HELP));
            case "version" -> withRequest(flag(key, value, Request.VERSION));
            default -> throw new OptionException(unknown(key));
        };
    }

    private static String unknown(String key) {
        if (key.isEmpty()) {
            return "an option is empty; expected key=value,key=value";
        }
        return "unknown option '" + key + "'; did you mean '" + OptionValues.nearest(key, KEYS) + "'? Known are "
                + String.join(", ", KEYS);
    }

    private static long bytes(String key, @Nullable String value, long min, long max) throws OptionException {
        return OptionValues.bytes(key, value, min, max);
    }

    private static long interval(@Nullable String value) throws OptionException {
        return "auto".equalsIgnoreCase(value)
                ? AUTO_INTERVAL
                : OptionValues.bytesOr("auto", "interval", value, 1, MAX_INTERVAL);
    }

    private static long number(String key, @Nullable String value, long min, long max) throws OptionException {
        return OptionValues.number(key, value, min, max);
    }

    private static Request flag(String key, @Nullable String value, Request request) throws OptionException {
        if (value != null) {
            throw new OptionException("option '" + key + "' takes no value");
        }
        return request;
    }

    private static Engine engine(@Nullable String value) throws OptionException {
        for (Engine engine : Engine.values()) {
            if (engine.text().equalsIgnoreCase(value)) {
                return engine;
            }
        }
        throw new OptionException("option 'engine' cannot be '" + OptionValues.shown(value)
                + "'; expected auto, hooks, hooks-bpf, hooks-self or uprobe");
    }

    private AgentOptions withInterval(long v) {
        return new AgentOptions(
                v, engine, stackBytes, depth, minAge, maxOverhead, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withEngine(Engine v) {
        return new AgentOptions(
                interval, v, stackBytes, depth, minAge, maxOverhead, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withStackBytes(int v) {
        return new AgentOptions(
                interval, engine, v, depth, minAge, maxOverhead, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withDepth(int v) {
        return new AgentOptions(
                interval, engine, stackBytes, v, minAge, maxOverhead, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withMinAge(Duration v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, v, maxOverhead, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withMaxOverhead(double v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, v, maxEvents, report, hidden, pairs, request);
    }

    private AgentOptions withMaxEvents(int v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, maxOverhead, v, report, hidden, pairs, request);
    }

    private AgentOptions withReport(Duration v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, maxOverhead, maxEvents, v, hidden, pairs, request);
    }

    private AgentOptions withHidden(boolean v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, maxOverhead, maxEvents, report, v, pairs, request);
    }

    private AgentOptions withPair(AllocatorPair pair) throws OptionException {
        List<AllocatorPair> more = new ArrayList<>(pairs);
        more.add(pair);
        if (more.size() > AllocatorPair.MAX_PAIRS) {
            throw new OptionException("option 'pair' is given more than " + AllocatorPair.MAX_PAIRS + " times");
        }
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, maxOverhead, maxEvents, report, hidden, more, request);
    }

    private AgentOptions withRequest(Request v) {
        return new AgentOptions(
                interval, engine, stackBytes, depth, minAge, maxOverhead, maxEvents, report, hidden, pairs, v);
    }
}
