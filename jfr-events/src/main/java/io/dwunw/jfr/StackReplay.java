// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.ref.SoftReference;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import jdk.jfr.Event;
import org.jspecify.annotations.Nullable;

/**
 * Builds and keeps the generated classes behind {@link ReplayableStack}s.
 *
 * <p>Bounded: when a generation of classes is full all of it is dropped, to be unloaded by the collector, and stacks
 * that are still in use get new ones at their next publication. Where there is no room for more, an event shows one
 * frame that says that the stack is in its text. The JVM takes all classes back by itself before it runs out of memory,
 * of metaspace or of heap: they are held by a soft reference.
 *
 * <p>Threading: {@link #prepare} and the counters from any thread; the rest belongs to the one {@link ReplayThread}
 * that it was given to. Allocation: 24 bytes per frame of a stack; in metaspace some 2 KiB per class, and 50 bytes per
 * call.
 */
public final class StackReplay {
    /** In place of a stack for which there is no room. */
    private static final List<FrameName> TEXT_ONLY = List.of(FrameName.ofGap("stack in the text field"));

    /** What was used so lately was not taken back for being old. */
    private static final long RECENT_NANOS = 5_000_000_000L;

    private final StackFolding folding;
    private final ReplayBudget budget;
    private final EventSlot slot = new EventSlot();
    private final ReplayRoot withoutReplay = new WithoutReplay(slot);
    /** Made when first needed: not while the application waits to be started. */
    private @Nullable SoftReference<ReplayGeneration> generation;

    private WeakReference<ClassLoader> loader = new WeakReference<>(null);
    private long bytesOfGeneration;
    private long usedAt;
    /** Its classes are never dropped: it is needed when there is no room for any. */
    private @Nullable ReplayRoot textOnly;

    private @Nullable ReplayableStack current;

    private long classesOfOldGenerations;
    private volatile long classes;
    private volatile long metaspace;
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong textOnlyEvents = new AtomicLong();

    /** For a depth as {@link RecordingDepth} reports it. */
    public StackReplay(int recordedDepth) {
        this(recordedDepth, new ReplayBudget(ReplayBudget.MAX_BYTES, ReplayBudget.MIN_LIFE_NANOS, new MetaspaceRoom()));
    }

    /**
     * With another budget.
     *
     * @param recordedDepth how many frames JFR keeps of a stack
     */
    StackReplay(int recordedDepth, ReplayBudget budget) {
        this.folding = new StackFolding(recordedDepth - ReplayThread.NOISE_FRAMES);
        this.budget = budget;
    }

    /** A handle for these frames. Cheap: nothing is generated before the first publication. */
    public ReplayableStack prepare(List<FrameName> innermostFirst) {
        return new ReplayableStack(innermostFirst);
    }

    /** Classes generated since the start, those dropped since included. */
    public long classesGenerated() {
        return classes;
    }

    /** Bytes of metaspace that generated classes take now, those included that wait to be unloaded; an estimate. */
    public long metaspaceBytes() {
        return metaspace;
    }

    /** Events that had to be committed without their stack because something failed. */
    public long failures() {
        return failures.get();
    }

    /** Events whose stack is only in their text, because there was no room for more classes. */
    public long textOnlyEvents() {
        return textOnlyEvents.get();
    }

    /**
     * Whether an event with this stack would show it without anything to be generated before. On the publishing thread.
     */
    public boolean isReady(ReplayableStack stack) {
        return generation().find(stack) != null;
    }

    /** Whether new stacks may be generated at all now. On the publishing thread. */
    public boolean hasRoom() {
        return budget.hasRoom(generation(), System.nanoTime());
    }

    /**
     * Generates what replaying these stacks needs, before the first event with them. Together they need far fewer
     * classes than one by one. On the publishing thread.
     */
    public void rehearse(List<ReplayableStack> stacks) {
        try {
            build(stacks);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            // One of them will fail again when it is needed, and be reported then.
        }
    }

    /**
     * Readies {@code event} to be committed by calling the root that is returned: with {@code stack} if at all
     * possible.
     *
     * @param failed receives the reason why it is not possible
     */
    ReplayRoot ready(Event event, @Nullable ReplayableStack stack, Consumer<Throwable> failed) {
        slot.put(event);
        current = stack;
        if (stack == null || !event.isEnabled()) {
            return withoutReplay;
        }
        try {
            ReplayRoot known = generation().find(stack);
            if (known != null) {
                return known;
            }
            build(List.of(stack));
            known = generation().find(stack);
            if (known != null) {
                return known;
            }
            textOnlyEvents.incrementAndGet();
            return textOnly == null ? withoutReplay : textOnly;
        } catch (Throwable t) {
            failed.accept(t);
            return broken(t);
        }
    }

    private ReplayGeneration generation() {
        long now = System.nanoTime();
        ReplayGeneration held = generation == null ? null : generation.get();
        if (held == null) {
            if (generation != null) {
                leave();
                if (now - usedAt < RECENT_NANOS) {
                    budget.exhausted(now); // the JVM has taken it back
                }
            }
            held = begin(now);
        }
        usedAt = now;
        return held;
    }

    private ReplayGeneration begin(long now) {
        ReplayGeneration begun = new ReplayGeneration(slot);
        generation = new SoftReference<>(begun);
        loader = new WeakReference<>(begun.loader());
        bytesOfGeneration = 0;
        budget.born(now);
        return begun;
    }

    private void leave() {
        budget.dropped(loader, bytesOfGeneration);
        classesOfOldGenerations = classes;
        generation = null;
    }

    private void build(List<ReplayableStack> stacks) throws ReflectiveOperationException {
        ReplayGeneration held = generation();
        ReplayGeneration.Plan plan = plan(held, stacks);
        long now = System.nanoTime();
        if (plan.mostBytes() > 0 && budget.full(held)) {
            if (!budget.mayRenew(now)) {
                return;
            }
            leave();
            held = begin(now);
            plan = plan(held, stacks);
        }
        boolean more = plan.mostBytes() > 0;
        if (more && !budget.allows(held, plan.mostBytes(), now)) {
            return;
        }
        try {
            if (more) {
                prepareTextOnly();
            }
            plan.build();
        } finally {
            bytesOfGeneration = held.bytes();
            classes = classesOfOldGenerations + held.classCount();
            metaspace = held.bytes() + budget.retiredBytes();
        }
    }

    /** Leaves out stacks that have nothing to be shown. */
    private ReplayGeneration.Plan plan(ReplayGeneration held, List<ReplayableStack> stacks) {
        ReplayGeneration.Plan plan = held.plan();
        for (ReplayableStack stack : stacks) {
            List<FrameName> frames = folding.fold(stack.frames());
            if (frames.isEmpty()) {
                held.replace(stack, withoutReplay);
            } else {
                plan.add(stack, frames);
            }
        }
        return plan;
    }

    /** As long as there is room. */
    private void prepareTextOnly() throws ReflectiveOperationException {
        if (textOnly == null) {
            ReplayGeneration own = new ReplayGeneration(slot);
            ReplayGeneration.Plan plan = own.plan();
            ReplayableStack stack = prepare(TEXT_ONLY);
            plan.add(stack, TEXT_ONLY);
            plan.build();
            textOnly = own.find(stack);
            classesOfOldGenerations += own.classCount();
        }
    }

    /**
     * Takes note of what {@link #ready}, or the root that it returned, has thrown.
     *
     * @return a root that commits the same event without its stack
     */
    ReplayRoot broken(Throwable failure) {
        failures.incrementAndGet();
        if (failure instanceof OutOfMemoryError) {
            if (generation != null) {
                leave();
            }
            budget.exhausted(System.nanoTime());
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
