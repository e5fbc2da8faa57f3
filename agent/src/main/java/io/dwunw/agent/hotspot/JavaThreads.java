// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finder of the Java thread that an OS thread is. {@code java.lang.Thread} knows its {@code JavaThread*} ({@code
 * eetop}), and that knows its OS thread's id; both are read anew when an id is asked for that is not known, or whose
 * thread has ended.
 *
 * <p>Virtual threads appear as their carrier. Not thread-safe.
 */
public final class JavaThreads {
    /** A process may have many threads without a JavaThread: they must not cause a look at each of their samples. */
    private static final long NANOS_BETWEEN_LOOKS = 20_000_000;
    /** Threads remembered that have no JavaThread. */
    private static final int MAX_IN_VAIN = 1 << 12;
    /** Threads remembered that have ended. */
    private static final int MAX_ENDED = 1 << 12;
    /** Threads looked at: what the group reports as active is a guess, and this bounds it. */
    private static final int MAX_THREADS = 1 << 16;

    private final @Nullable MetadataReader memory;
    private final @Nullable Field eetop;
    private final int osThreadOffset;
    private final int threadIdOffset;
    private final Map<Integer, Known> known = new HashMap<>();
    /** Those that were looked for, and have no JavaThread as yet. */
    private final Set<Integer> inVain = new HashSet<>();

    /** Those that have ended, while samples of theirs may still be on their way. */
    private Map<Integer, Known> ended = new HashMap<>();

    private Map<Integer, Known> endedBefore = new HashMap<>();

    private long lookedAt = System.nanoTime() - NANOS_BETWEEN_LOOKS;

    private @Nullable Listener listener;

    private record Known(Thread thread, long javaThread) {}

    /** Learns which OS threads are Java threads, as that becomes known. */
    @FunctionalInterface
    public interface Listener {
        /** The JVM's own object for the OS thread; 0 if it is no Java thread any more. */
        void registerJavaThread(int tid, long javaThread);
    }

    /** Tells {@code newListener} of all threads that are known now, and of all changes from now on. */
    public void listen(Listener newListener) {
        listener = newListener;
        for (Map.Entry<Integer, Known> entry : known.entrySet()) {
            newListener.registerJavaThread(entry.getKey(), entry.getValue().javaThread());
        }
    }

    /** A table that knows no thread, for a JVM that does not describe its threads. */
    public static JavaThreads none() {
        return new JavaThreads(null, null, 0, 0);
    }

    static JavaThreads open(VmStructs structs, MetadataReader memory, @Nullable Instrumentation instrumentation)
            throws JavaFramesUnavailableException {
        FieldFinder find = new FieldFinder(structs);
        int osThread = find.offset("JavaThread::_osthread", "Thread::_osthread");
        int threadId = find.offset("OSThread::_thread_id");
        find.requireAll();
        return new JavaThreads(memory, eetop(instrumentation), osThread, threadId);
    }

    private JavaThreads(@Nullable MetadataReader memory, @Nullable Field eetop, int osThread, int threadId) {
        this.memory = memory;
        this.eetop = eetop;
        this.osThreadOffset = osThread;
        this.threadIdOffset = threadId;
    }

    private static @Nullable Field eetop(@Nullable Instrumentation instrumentation) {
        try {
            if (instrumentation != null) {
                instrumentation.redefineModule(
                        Object.class.getModule(),
                        Set.of(),
                        Map.of(),
                        Map.of("java.lang", Set.of(JavaThreads.class.getModule())),
                        Set.of(),
                        Map.of());
            }
            Field field = Thread.class.getDeclaredField("eetop");
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException | InaccessibleObjectException | UnsupportedOperationException e) {
            return null;
        }
    }

    /**
     * The Java thread that runs, or is, this OS thread; null if it has no JavaThread.
     *
     * @param javaThread the JVM's own object for it when the sample was taken; 0 if unknown. The number of a thread
     *     that
     *     has ended may be another's by now: then it is not that one
     */
    public @Nullable Thread find(int tid, long javaThread) {
        Known last = known.get(tid);
        if (last != null && javaThread != 0 && javaThread == last.javaThread()) {
            return last.thread(); // it may have ended since the sample was taken
        }
        Thread gone = javaThread == 0 ? null : ended(tid, javaThread);
        if (gone != null) {
            return gone;
        }
        Known entry = entry(tid);
        if (entry == null || (javaThread != 0 && javaThread != entry.javaThread())) {
            return null;
        }
        return entry.thread();
    }

    /** All samples that were taken so far have been asked for: of threads that had ended by then there are no more. */
    public void drained() {
        if (!ended.isEmpty() || !endedBefore.isEmpty()) {
            // Those that were found to have ended since the last time may have samples that came after it.
            Map<Integer, Known> forgotten = endedBefore;
            endedBefore = ended;
            ended = forgotten;
            ended.clear();
        }
    }

    private @Nullable Thread ended(int tid, long javaThread) {
        Known entry = ended.get(tid);
        if (entry == null || entry.javaThread() != javaThread) {
            entry = endedBefore.get(tid);
        }
        return entry != null && entry.javaThread() == javaThread ? entry.thread() : null;
    }

    /** The JVM's own object for that thread, 0 if there is none. */
    public long javaThread(int tid) {
        Known entry = entry(tid);
        return entry == null ? 0 : entry.javaThread();
    }

    private @Nullable Known entry(int tid) {
        Known entry = known.get(tid);
        if (entry != null && entry.thread().isAlive()) {
            return entry;
        }
        // One that was never looked for has most likely just started: it is looked for at once, once.
        if (inVain.contains(tid) && System.nanoTime() - lookedAt < NANOS_BETWEEN_LOOKS) {
            return null;
        }
        refresh();
        entry = known.get(tid);
        if (entry == null) {
            if (inVain.size() == MAX_IN_VAIN) {
                inVain.clear();
            }
            inVain.add(tid);
        } else {
            inVain.remove(tid);
        }
        return entry;
    }

    /** Looks at all threads that are alive. */
    public void refresh() {
        lookedAt = System.nanoTime();
        if (memory == null || eetop == null) {
            return;
        }
        Map<Integer, Known> before = new HashMap<>(known);
        known.clear();
        for (Thread thread : liveThreads()) {
            add(thread, memory, eetop);
        }
        for (Map.Entry<Integer, Known> entry : before.entrySet()) {
            Known now = known.get(entry.getKey());
            boolean isGone = now == null || now.javaThread() != entry.getValue().javaThread();
            if (isGone && ended.size() < MAX_ENDED) {
                ended.put(entry.getKey(), entry.getValue());
            }
        }
        Listener told = listener;
        if (told != null) {
            tellChanges(before, told);
        }
    }

    private void tellChanges(Map<Integer, Known> before, Listener told) {
        for (Map.Entry<Integer, Known> entry : known.entrySet()) {
            Known old = before.remove(entry.getKey());
            long now = entry.getValue().javaThread();
            if (old == null || old.javaThread() != now) {
                told.registerJavaThread(entry.getKey(), now);
            }
        }
        for (int tid : before.keySet()) {
            told.registerJavaThread(tid, 0);
        }
    }

    private void add(Thread thread, MetadataReader reader, Field field) {
        try {
            long javaThread = field.getLong(thread);
            if (javaThread == 0) {
                return;
            }
            reader.begin();
            int tid = reader.s4(reader.word(javaThread + osThreadOffset) + threadIdOffset);
            // The JavaThread is freed after eetop was cleared: what was read is right if it still stands.
            if (!reader.faulted() && tid > 0 && field.getLong(thread) == javaThread) {
                known.put(tid, new Known(thread, javaThread));
            }
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Thread[] liveThreads() {
        ThreadGroup root = Thread.currentThread().getThreadGroup();
        for (ThreadGroup parent = root.getParent(); parent != null; parent = root.getParent()) {
            root = parent;
        }
        int room = Math.min(root.activeCount() * 2 + 16, MAX_THREADS);
        while (true) {
            Thread[] threads = new Thread[room];
            int count = root.enumerate(threads, true);
            if (count < room || room >= MAX_THREADS) {
                return Arrays.copyOf(threads, count);
            }
            room = Math.min(room * 2, MAX_THREADS);
        }
    }
}
