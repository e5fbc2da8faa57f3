// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** All code heaps. Hot: allocates nothing. */
final class CodeCache {
    private static final int MAX_HEAPS = 16;
    private static final int PLAN_HEADER = 5;

    private final CodeHeap[] heaps;
    private final long lowBound;
    private final long highBound;
    private final CodeBlobLayout blobLayout;
    private final CodeCacheLayout layout;

    private CodeCache(CodeHeap[] heaps, long low, long high, CodeBlobLayout blobLayout, CodeCacheLayout layout) {
        this.layout = layout;
        this.heaps = heaps;
        this.lowBound = low;
        this.highBound = high;
        this.blobLayout = blobLayout;
    }

    /** @throws JavaFramesUnavailableException if the heaps cannot be found */
    static CodeCache open(MetadataReader memory, MemoryWindow window, CodeCacheLayout layout, CodeBlobLayout blobLayout)
            throws JavaFramesUnavailableException {
        memory.begin();
        long array = memory.word(layout.heaps());
        int length = memory.s4(array + layout.arrayLength());
        long data = memory.word(array + layout.arrayData());
        if (memory.faulted() || length <= 0 || length > MAX_HEAPS) {
            throw new JavaFramesUnavailableException("the list of this JVM's code heaps is not plausible");
        }
        CodeHeap[] heaps = new CodeHeap[length];
        for (int i = 0; i < length; i++) {
            long heap = memory.word(data + (long) i * Long.BYTES);
            if (memory.faulted() || heap == 0) {
                throw new JavaFramesUnavailableException("a code heap of this JVM cannot be read");
            }
            heaps[i] = new CodeHeap(heap, layout, window);
        }
        long low = memory.word(layout.lowBound());
        long high = memory.word(layout.highBound());
        return new CodeCache(heaps, low, high, blobLayout, layout);
    }

    /** Whether an address lies in the address range of the code cache, committed or not. */
    boolean contains(long pc) {
        return pc >= lowBound && pc < highBound;
    }

    /**
     * Tries what the JVM says of its heaps by reads that cannot crash, before it is read straight.
     *
     * @throws JavaFramesUnavailableException if it cannot be read
     */
    static void tryOut(MetadataReader memory, CodeCacheLayout layout) throws JavaFramesUnavailableException {
        memory.begin();
        long array = memory.word(layout.heaps());
        int length = Math.min(memory.s4(array + layout.arrayLength()), MAX_HEAPS);
        long data = memory.word(array + layout.arrayData());
        byte[] descriptor = new byte[layout.heapBytes()];
        for (int i = 0; i < length; i++) {
            long heap = memory.word(data + (long) i * Long.BYTES);
            memory.bytes(heap, descriptor, descriptor.length);
            for (int space : new int[] {layout.memory(), layout.segmentMap()}) {
                memory.u1(memory.word(heap + space + layout.low()));
                memory.u1(memory.word(heap + space + layout.high()) - 1);
            }
        }
        if (memory.faulted()) {
            throw new JavaFramesUnavailableException("a code heap of this JVM cannot be read");
        }
    }

    /** What {@code code_rolls.c} needs to know in order to call rolls. */
    long[] plan(int compileIdOffset, CodeFrees frees) {
        long[] counters = frees.words();
        long[] plan = new long[PLAN_HEADER + counters.length + CodeHeap.DESCRIPTION * heaps.length];
        plan[0] = layout.blockHeaderBytes();
        plan[1] = layout.blockUsed();
        plan[2] = compileIdOffset;
        plan[3] = counters.length;
        plan[4] = heaps.length;
        System.arraycopy(counters, 0, plan, PLAN_HEADER, counters.length);
        for (int i = 0; i < heaps.length; i++) {
            heaps[i].describe(plan, PLAN_HEADER + counters.length + CodeHeap.DESCRIPTION * i);
        }
        return plan;
    }

    /** How many heaps there are. */
    int heaps() {
        return heaps.length;
    }

    CodeHeap heap(int index) {
        return heaps[index];
    }

    /** The index of the heap that an address lies in; -1 if in none. */
    int heapOf(long avma) {
        for (int i = 0; i < heaps.length; i++) {
            if (heaps[i].contains(avma)) {
                return i;
            }
        }
        return -1;
    }

    /** Lays {@code into} over the blob that covers {@code pc}. */
    boolean find(long pc, CodeBlob into) {
        for (CodeHeap heap : heaps) {
            if (heap.contains(pc)) {
                long blob = heap.blobAt(pc);
                if (blob == 0 || pc < blob) {
                    return false;
                }
                into.wrap(heap, blob, blobLayout);
                return pc - blob < into.size();
            }
        }
        return false;
    }
}
