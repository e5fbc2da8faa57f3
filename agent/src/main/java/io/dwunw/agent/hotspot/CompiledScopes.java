// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.Arrays;

/**
 * Table that gives the methods, and the bytecodes in them, that a return address in compiled code stands for: the
 * method itself and those inlined into it, innermost first (HotSpot, {@code code/scopeDesc.hpp}, {@code
 * code/debugInfoRec.hpp}).
 *
 * <p>Known pcs are believed only while the blob there still has the compile id and method it had. Hot for those; cold
 * otherwise. Bounded: when full, all is forgotten. Not thread-safe.
 */
final class CompiledScopes {
    /** What {@link #find} gives when the code at the pc is uncertain. */
    static final int NONE = -1;

    /** Where pcs are remembered: few slots at first, so many at most, never more than half of them used. */
    private static final int INITIAL_SLOTS = 1 << 12;

    private static final int MAX_SLOTS = 1 << 16;
    /**
     * Entries before those that are remembered: what was read for stacks whose code may belong to an unloaded class.
     * They serve other such stacks until the next class is unloaded or replaced, and no stack that was copied later.
     */
    private static final int PASSING_SLOTS = 1 << 12;

    /** Slots that an entry may stand in. */
    private static final int PASSING_WAYS = 8;

    private static final int MAX_FRAMES = 1 << 20;
    private static final int INITIAL_FRAMES = 1 << 12;
    private static final int MAX_INLINED = 256;
    private static final int MAX_PC_DESCS = 1 << 20;
    private static final int MAX_METADATA = 1 << 16;
    private static final int WORD = Long.BYTES;

    private static final int EXACT = 1;
    private static final int INLINED_UNKNOWN = 2;
    private static final int GONE = 4;

    private final CodeHistory history;
    private final MetadataReader memory;
    private final NmethodLayout layout;
    private final JavaMethods methods;
    private final int excludedBytes;

    private long[] pcs = new long[PASSING_SLOTS + INITIAL_SLOTS];
    private long[] roots = new long[PASSING_SLOTS + INITIAL_SLOTS];
    private int[] compileIds = new int[PASSING_SLOTS + INITIAL_SLOTS];
    private int[] flags = new int[PASSING_SLOTS + INITIAL_SLOTS];
    /** When the code at the pc was first seen. */
    private long[] knownSince = new long[PASSING_SLOTS + INITIAL_SLOTS];

    private int[] starts = new int[PASSING_SLOTS + INITIAL_SLOTS];
    private int[] depths = new int[PASSING_SLOTS + INITIAL_SLOTS];
    private int[] frameMethods = new int[INITIAL_FRAMES];
    private int[] frameBcis = new int[INITIAL_FRAMES];
    private int used;
    private int usedFrames;
    private int slots = INITIAL_SLOTS;
    private int moves;
    /** Of passing entries: since when they are valid. */
    private final int[] epochs = new int[PASSING_SLOTS];

    private int epoch = 1;
    private long sampleNanos = Long.MAX_VALUE;
    private boolean remembers = true;

    private final long[] chainMethods = new long[MAX_INLINED];
    private final int[] chainBcis = new int[MAX_INLINED];
    private int chainDepth;
    private long cursor;

    /** @param excludedBytes see {@link Unsigned5} */
    CompiledScopes(
            CodeHistory history, MetadataReader memory, NmethodLayout layout, JavaMethods methods, int excludedBytes) {
        this.history = history;
        this.memory = memory;
        this.layout = layout;
        this.methods = methods;
        this.excludedBytes = excludedBytes;
    }

    private void forget() {
        Arrays.fill(pcs, 0);
        used = 0;
        usedFrames = 0;
        epoch++;
        moves++;
    }

    /** Twice as many slots, and each pc in a new one. */
    private void grow() {
        long[] oldPcs = pcs;
        long[] oldRoots = roots;
        int[] oldCompileIds = compileIds;
        int[] oldFlags = flags;
        long[] oldKnownSince = knownSince;
        int[] oldStarts = starts;
        int[] oldDepths = depths;
        slots *= 2;
        pcs = Arrays.copyOf(oldPcs, PASSING_SLOTS + slots);
        Arrays.fill(pcs, PASSING_SLOTS, pcs.length, 0);
        roots = Arrays.copyOf(oldRoots, pcs.length);
        compileIds = Arrays.copyOf(oldCompileIds, pcs.length);
        flags = Arrays.copyOf(oldFlags, pcs.length);
        knownSince = Arrays.copyOf(oldKnownSince, pcs.length);
        starts = Arrays.copyOf(oldStarts, pcs.length);
        depths = Arrays.copyOf(oldDepths, pcs.length);
        for (int i = PASSING_SLOTS; i < oldPcs.length; i++) {
            if (oldPcs[i] != 0) {
                int slot = slot(oldPcs[i]);
                pcs[slot] = oldPcs[i];
                roots[slot] = oldRoots[i];
                compileIds[slot] = oldCompileIds[i];
                flags[slot] = oldFlags[i];
                knownSince[slot] = oldKnownSince[i];
                starts[slot] = oldStarts[i];
                depths[slot] = oldDepths[i];
            }
        }
        moves++;
    }

    /** How often all entries have moved, or were forgotten: those found before are no longer valid. */
    int moves() {
        return moves;
    }

    /** Some class was unloaded, or may have been replaced. */
    void distrust() {
        epoch++;
    }

    /**
     * A new walk: only code is believed that was there when the stack was copied.
     *
     * @param nanos when that was
     * @param remember whether what is read may be remembered: not if it may belong to a class that was unloaded since
     */
    void begin(long nanos, boolean remember) {
        sampleNanos = nanos;
        remembers = remember;
    }

    /** Whether code may have been freed since the stack at hand was copied. */
    boolean mayHaveLost() {
        return !history.undoubted(sampleNanos);
    }

    /** Whether the entry holds only until the next call of {@link #find}. */
    boolean isTransient(int entry) {
        return entry < PASSING_SLOTS;
    }

    /**
     * The entry for a return address in {@code blob}, or {@link #NONE}.
     *
     * @param wrapper whether the blob is a native method's wrapper, which has no scopes
     */
    int find(long pc, CodeBlob blob, boolean wrapper) {
        int slot = slot(pc);
        int compileId = blob.s4(layout.compileId());
        long root = blob.word(layout.method());
        if (!isOf(slot, pc, compileId, root)) {
            slot = remembers ? NONE : passing(pc, compileId, root);
            slot = slot != NONE ? slot : decode(pc, blob, wrapper, compileId, root);
        }
        return slot != NONE && isSure(slot, blob, compileId) ? slot : NONE;
    }

    private boolean isOf(int slot, long pc, int compileId, long root) {
        // Code that is dead, but not freed yet, has lost its method only.
        return pcs[slot] == pc && compileIds[slot] == compileId && (roots[slot] == root || root == 0);
    }

    private int passing(long pc, int compileId, long root) {
        int first = firstPassing(pc);
        for (int way = 0; way < PASSING_WAYS; way++) {
            int slot = first ^ way;
            if (epochs[slot] == epoch && isOf(slot, pc, compileId, root)) {
                return slot;
            }
        }
        return NONE;
    }

    /** Where a new entry goes: to a place that is not in use, or else to that of an entry picked at random. */
    private int roomForPassing(long pc) {
        int first = firstPassing(pc);
        for (int way = 0; way < PASSING_WAYS; way++) {
            if (epochs[first ^ way] != epoch) {
                return first ^ way;
            }
        }
        return first ^ (usedFrames & (PASSING_WAYS - 1));
    }

    private static int firstPassing(long pc) {
        return (int) (hash(pc) & (PASSING_SLOTS - 1));
    }

    private boolean isSure(int slot, CodeBlob blob, int compileId) {
        return knownSince[slot] <= sampleNanos || history.wasThere(blob.address(), compileId, sampleNanos);
    }

    /** Whether the compiler described this very call; otherwise the entry holds the outermost method only. */
    boolean isExact(int entry) {
        return (flags[entry] & EXACT) != 0;
    }

    /** Whether methods may be inlined at the pc without being named. */
    boolean isInlinedUnknown(int entry) {
        return (flags[entry] & INLINED_UNKNOWN) != 0;
    }

    /** Whether a method remained unknown. */
    boolean isGone(int entry) {
        return (flags[entry] & GONE) != 0;
    }

    int depth(int entry) {
        return depths[entry];
    }

    /** The method of the frame at {@code level}, 0 being the innermost. */
    int methodId(int entry, int level) {
        return frameMethods[starts[entry] + level];
    }

    int bci(int entry, int level) {
        return frameBcis[starts[entry] + level];
    }

    private int decode(long pc, CodeBlob blob, boolean wrapper, int compileId, long root) {
        if ((used == slots / 2 && slots == MAX_SLOTS) || usedFrames + MAX_INLINED > MAX_FRAMES) {
            forget();
        } else if (used == slots / 2) {
            grow();
        }
        memory.begin();
        chainDepth = 0;
        int start = roomForFrames();
        int entryFlags = wrapper ? rootOnly(root, JavaFrameSink.BCI_NATIVE, EXACT) : decodeScopes(pc, blob, root);
        if (entryFlags < 0) {
            return NONE;
        }
        for (int i = 0; i < chainDepth; i++) {
            int method = methods.compiled(chainMethods[i]);
            frameMethods[start + i] = method;
            frameBcis[start + i] = chainBcis[i];
            entryFlags |= method == JavaMethods.UNKNOWN ? GONE : 0;
        }
        // Debug information and methods may have been freed while they were read, but not as long as the code is there.
        // Freed code keeps its contents until other code takes its place.
        if (!blob.isInUse() || blob.s4(layout.compileId()) != compileId || blob.word(layout.method()) != root) {
            return NONE;
        }
        int slot = remembers ? slot(pc) : roomForPassing(pc);
        if (remembers && pcs[slot] != pc) {
            used++;
        }
        pcs[slot] = pc;
        roots[slot] = root;
        compileIds[slot] = compileId;
        knownSince[slot] = System.nanoTime();
        if (!remembers) {
            epochs[slot] = epoch;
        }
        usedFrames = start + chainDepth;
        flags[slot] = entryFlags;
        starts[slot] = start;
        depths[slot] = chainDepth;
        return slot;
    }

    private int roomForFrames() {
        if (usedFrames + MAX_INLINED > frameMethods.length) {
            frameMethods = Arrays.copyOf(frameMethods, 2 * frameMethods.length);
            frameBcis = Arrays.copyOf(frameBcis, frameMethods.length);
        }
        return usedFrames;
    }

    /** Flags of the new entry; negative if the debug information makes no sense. */
    private int decodeScopes(long pc, CodeBlob blob, long root) {
        boolean outside = layout.immutableData() >= 0;
        long base = outside ? blob.word(layout.immutableData()) : blob.address();
        long descs = base + blob.s4(layout.scopesPcs());
        long descsEnd = base + blob.s4(layout.scopesPcsEnd());
        long data = layout.scopesDataBegin() < 0 ? descsEnd : blob.word(layout.scopesDataBegin());
        long count = (descsEnd - descs) / layout.pcDescBytes();
        if (count <= 0 || count > MAX_PC_DESCS) {
            return -1;
        }
        int offset = (int) (pc - blob.codeBegin());
        long desc = descs + (long) firstNotBelow(descs, (int) count, offset) * layout.pcDescBytes();
        boolean exact = desc < descsEnd && memory.s4(desc + layout.pcOffset()) == offset;
        int decodeOffset = desc < descsEnd ? memory.s4(desc + layout.scopeDecodeOffset()) : 0;
        boolean readable = decodeOffset > 0 && readChain(data, decodeOffset, metadata(blob));
        if (memory.faulted() || (outside && blob.word(layout.immutableData()) != base)) {
            return -1;
        }
        if (root == 0) {
            // The code is dead. Its metadata may be gone, but how many methods there were is still known.
            Arrays.fill(chainMethods, 0, chainDepth, 0);
        }
        if (exact && readable && chainMethods[chainDepth - 1] == root) {
            return EXACT;
        }
        return rootOnly(root, JavaFrameSink.BCI_UNKNOWN, chainDepth > 1 ? INLINED_UNKNOWN : 0);
    }

    private int rootOnly(long root, int bci, int entryFlags) {
        chainMethods[0] = root;
        chainBcis[0] = bci;
        chainDepth = 1;
        return entryFlags;
    }

    private long metadata(CodeBlob blob) {
        return layout.metadata() >= 0
                ? blob.address() + blob.s4(layout.metadata())
                : blob.word(layout.mutableData()) + blob.s4(layout.relocationSize());
    }

    private int firstNotBelow(long descs, int count, int offset) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (memory.s4(descs + (long) middle * layout.pcDescBytes() + layout.pcOffset()) < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private boolean readChain(long data, int firstOffset, long metadata) {
        int offset = firstOffset;
        chainDepth = 0;
        while (offset > 0) {
            cursor = data + offset;
            int senderOffset = unsigned5();
            int methodIndex = unsigned5();
            int bci = unsigned5() - 1;
            if (methodIndex <= 0 || methodIndex > MAX_METADATA || chainDepth == MAX_INLINED || memory.faulted()) {
                return false;
            }
            if (senderOffset >= offset || senderOffset < 0) {
                return false;
            }
            chainMethods[chainDepth] = memory.word(metadata + (long) (methodIndex - 1) * WORD);
            chainBcis[chainDepth++] = bci;
            offset = senderOffset;
        }
        return !memory.faulted();
    }

    /** See {@link Unsigned5}. */
    private int unsigned5() {
        int sum = 0;
        for (int shift = 0; shift < 5 * 6; shift += 6) {
            int b = memory.u1(cursor++);
            sum += (b - excludedBytes) << shift;
            if (b < 192) {
                break;
            }
        }
        return sum;
    }

    private static long hash(long pc) {
        return (pc * 0x9e37_79b9_7f4a_7c15L) >>> 40;
    }

    private int slot(long pc) {
        int at = (int) (hash(pc) & (slots - 1));
        while (pcs[PASSING_SLOTS + at] != 0 && pcs[PASSING_SLOTS + at] != pc) {
            at = (at + 1) & (slots - 1);
        }
        return PASSING_SLOTS + at;
    }
}
