package io.dwunw.jfr;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import jdk.jfr.Event;
import org.jspecify.annotations.Nullable;

/**
 * Builds and keeps the generated classes behind {@link ReplayedStack}s.
 *
 * <p>Bounded: beyond {@code maxClassBytes} all classes are dropped at once, to be unloaded by the collector, and stacks that
 * are still in use get new ones at their next publication. If too many wait to be unloaded, new stacks are not replayed.
 *
 * <p>Threading: {@link #prepare} and the counters from any thread; the rest belongs to the one {@link ReplayThread} that
 * it was given to. Allocation: 16 bytes per frame of a stack, about 2 KiB of metaspace per class.
 */
public final class StackReplay {
    /** Bytes. About 12 000 classes, and 30 MiB of metaspace. */
    public static final long DEFAULT_MAX_CLASS_BYTES = 5 << 20;

    /** Generations that wait to be unloaded. Many where the collector comes rarely, all where it never unloads. */
    private static final int MAX_RETIRED = 3;

    /** Publications without replay of new stacks, when there is no memory for more classes. */
    private static final int PAUSE = 1_000;

    private final StackFolding folding;
    private final long maxClassBytes;
    private final EventSlot slot = new EventSlot();
    private final ReplayRoot withoutReplay = new WithoutReplay(slot);
    /** Made when first needed: not while the application waits to be started. */
    private @Nullable ReplayGeneration generation;

    private final List<WeakReference<ClassLoader>> retired = new ArrayList<>();
    private @Nullable ReplayedStack current;
    private int pause;

    private long classesOfOldGenerations;
    private volatile long classes;
    private final AtomicLong failures = new AtomicLong();

    /** For a depth as {@link RecordingDepth} reports it. */
    public StackReplay(int recordedDepth) {
        this(recordedDepth, DEFAULT_MAX_CLASS_BYTES);
    }

    /**
     * Also sets the bound on memory.
     *
     * @param recordedDepth how many frames JFR keeps of a stack
     * @param maxClassBytes size of all class files after which all are dropped; metaspace takes five times as much
     */
    public StackReplay(int recordedDepth, long maxClassBytes) {
        this.folding = new StackFolding(recordedDepth - ReplayThread.NOISE_FRAMES);
        this.maxClassBytes = maxClassBytes;
    }

    /** A handle for these frames. Cheap: nothing is generated before the first publication. */
    public ReplayedStack prepare(List<FrameName> innermostFirst) {
        return new ReplayedStack(innermostFirst);
    }

    /** Classes generated since the start, those dropped since included. */
    public long classesGenerated() {
        return classes;
    }

    /** Events that had to be committed without their stack. */
    public long failures() {
        return failures.get();
    }

    /** Generates what replaying {@code stack} needs, before the first event with it. On the publishing thread. */
    public void rehearse(ReplayedStack stack) {
        if (pause > 0 || generation().find(stack) != null) {
            return;
        }
        try {
            build(stack);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            // It will fail again when it is needed, and be reported then.
            pause = 0;
        }
    }

    /**
     * Readies {@code event} to be committed by calling the root that is returned: with {@code stack} if at all possible.
     *
     * @param failed told why it is not possible
     */
    ReplayRoot ready(Event event, @Nullable ReplayedStack stack, Consumer<Throwable> failed) {
        slot.put(event);
        current = stack;
        if (stack == null || !event.isEnabled()) {
            return withoutReplay;
        }
        ReplayRoot known = generation().find(stack);
        if (known != null) {
            return known;
        }
        if (pause > 0) {
            pause--;
            failures.incrementAndGet();
            return withoutReplay;
        }
        try {
            return build(stack);
        } catch (Throwable t) {
            failed.accept(t);
            return broken(t);
        }
    }

    private ReplayGeneration generation() {
        ReplayGeneration made = generation;
        if (made == null) {
            made = new ReplayGeneration(slot);
            generation = made;
        }
        return made;
    }

    private ReplayRoot build(ReplayedStack stack) throws ReflectiveOperationException {
        List<FrameName> frames = folding.fold(stack.frames());
        if (frames.isEmpty()) {
            return withoutReplay;
        }
        if (generation().bytes() >= maxClassBytes && !startGeneration()) {
            pause = PAUSE;
            failures.incrementAndGet();
            return withoutReplay;
        }
        try {
            return generation().build(stack, frames);
        } finally {
            classes = classesOfOldGenerations + generation().classCount();
        }
    }

    private boolean startGeneration() {
        retired.removeIf(loader -> loader.get() == null);
        if (retired.size() >= MAX_RETIRED) {
            return false;
        }
        retired.add(new WeakReference<>(generation().loader()));
        classesOfOldGenerations += generation().classCount();
        generation = new ReplayGeneration(slot);
        return true;
    }

    /**
     * To be told what {@link #ready} or the root it returned has thrown.
     *
     * @return a root that commits the same event without its stack
     */
    ReplayRoot broken(Throwable failure) {
        failures.incrementAndGet();
        if (failure instanceof OutOfMemoryError) {
            startGeneration();
            pause = PAUSE;
        } else if (failure instanceof Error && current != null) {
            generation().replace(current, withoutReplay); // it would fail again
        }
        return withoutReplay;
    }

    int loaderCount() {
        return generation().loaderCount();
    }

    private record WithoutReplay(EventSlot slot) implements ReplayRoot {
        @Override
        public void stack() {
            slot.event.commit();
        }
    }
}
