// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Methods by their address, and by an id that stays good when the address no longer is: the id stands for what the
 * method is called and where its lines are, so that the same method loaded again has the same id.
 *
 * <p>The memory of an unloaded or redefined method is used again, even for a method of the same layout. So a remembered
 * address is believed only if the frame itself agrees (interpreted frames: the bytecode pointer lies in the remembered
 * bytecodes and the pool cache is the remembered one), or after the identity was read again; and not beyond the epoch
 * ({@link MetadataEpochs}) in which it was read. A reading in whose course that epoch may have ended is of no epoch:
 * it is not remembered. Nor is one for words that only might be a frame's: they may be left from a method that was
 * dead before the epoch began, in whose place another comes within the epoch.
 *
 * <p>Hot for what is known: {@link #interpreted}. Bounded. Not thread-safe.
 */
final class JavaMethods {
    /** Stands for a method that is unknown. */
    static final int UNKNOWN = 0;

    /** Its class is never unloaded. */
    private static final int PERMANENT = 1;
    /** Its class has not been replaced by another version. */
    private static final int ORIGINAL = 2;

    private static final int INITIAL_SLOTS = 1 << 10;
    private static final int MAX_SLOTS = 1 << 17;
    private static final int MAX_METHODS = 1 << 20;

    private final MethodDecoder decoder;
    private final MetadataHistory history;
    private long[] addresses = new long[INITIAL_SLOTS];
    private long[] constMethods = new long[INITIAL_SLOTS];
    private long[] poolCaches = new long[INITIAL_SLOTS];
    private int[] codeSizes = new int[INITIAL_SLOTS];
    private int[] ids = new int[INITIAL_SLOTS];
    private int[] epochs = new int[INITIAL_SLOTS];
    /** Since which epoch the address has read as this method in every epoch; {@link #epochs} has the last of these. */
    private int[] firstEpochs = new int[INITIAL_SLOTS];

    /** What is known of how long the method has been there: {@link #PERMANENT}, {@link #ORIGINAL}. */
    private int[] lasting = new int[INITIAL_SLOTS];

    private final int bytecodesOffset;
    private final List<JavaMethod> methods = new ArrayList<>();
    private final Map<JavaMethod, Integer> idByMethod = new HashMap<>();
    /** What was read for stacks for which nothing is remembered. */
    private final TransientMethods passing = new TransientMethods();

    private int used;
    private int epoch = 1;
    private int sampleEpoch = 1;
    /** Negative: what stands for the walk where epochs are numbered. */
    private int walk = -1;

    /** What a method must be to be believed that was not read in the epoch of the sample. */
    private int needed;

    private boolean remembers = true;

    private int foundId;
    private int foundLasting;
    private long foundConstMethod;
    private long foundPoolCache;
    private int foundCodeSize;

    JavaMethods(MethodDecoder decoder, MethodLayout layout, MetadataHistory history) {
        this.decoder = decoder;
        this.history = history;
        bytecodesOffset = layout.constMethodBytes();
        methods.add(JavaMethod.UNKNOWN);
    }

    JavaMethod method(int id) {
        return id > 0 && id < methods.size() ? methods.get(id) : JavaMethod.UNKNOWN;
    }

    /**
     * A new walk. If classes were unloaded or replaced after its stack was copied, what lies at an address may be
     * another method by now, or one that is dead but has not been overwritten yet: then nothing is remembered, and only
     * a method is believed that was read in the epoch of the sample, or that was there before, as its class cannot have
     * been unloaded, or replaced.
     *
     * @param sampleNanos when the stack was copied
     */
    void begin(long sampleNanos) {
        epoch = history.current();
        sampleEpoch = history.at(sampleNanos);
        needed = (history.mayHaveUnloaded(sampleNanos) ? PERMANENT : 0)
                | (history.mayHaveReplaced(sampleNanos) ? ORIGINAL : 0);
        remembers = sampleEpoch == epoch;
        walk = walk == Integer.MIN_VALUE ? -1 : walk - 1;
    }

    /** Whether what this walk reads may be remembered: its stack was copied in the epoch that lasts. */
    boolean remembers() {
        return remembers;
    }

    /**
     * The method of an interpreted frame.
     *
     * @param bcp the frame's bytecode pointer; of no meaning in a native method
     * @param poolCache the frame's constant pool cache
     * @return its id; {@link #UNKNOWN} if the frame and the metadata do not agree
     */
    int interpreted(long method, long bcp, long poolCache) {
        int slot = slot(method);
        if (needed != 0) {
            if (addresses[slot] == method && firstEpochs[slot] <= sampleEpoch && sampleEpoch <= epochs[slot]) {
                take(slot);
                return agrees(bcp, poolCache) ? foundId : UNKNOWN;
            }
            // What reads the same before and after may have been something else in between.
            return isPlausible(method, bcp, poolCache) && (foundLasting & needed) == needed ? foundId : UNKNOWN;
        }
        if (takeCurrent(slot, method, bcp, poolCache)) {
            return foundId;
        }
        if (!isPlausible(method, bcp, poolCache)) {
            return UNKNOWN;
        }
        if (remembers) {
            remember(method, slot);
        }
        return foundId;
    }

    /** Whether a frame with these words can be an interpreted method's, whether or not that can be trusted. */
    boolean isPlausible(long method, long bcp, long poolCache) {
        if (takeCurrent(slot(method), method, bcp, poolCache) || (takeTransient(method) && agrees(bcp, poolCache))) {
            return true;
        }
        return read(method, false) != UNKNOWN && agrees(bcp, poolCache);
    }

    /** Bytecode index in the method that {@link #interpreted} has just found. */
    int bci(long bcp) {
        return foundCodeSize == 0 ? JavaFrameSink.BCI_NATIVE : (int) (bcp - foundConstMethod - bytecodesOffset);
    }

    /**
     * The method at an address that compiled code refers to. HotSpot frees the code before the metadata: as long as the
     * one is there the other is. Reads it again. Cold.
     *
     * @return its id, which counts only if the code is found to be still there afterwards
     */
    int compiled(long method) {
        return read(method, true);
    }

    private boolean takeCurrent(int slot, long method, long bcp, long poolCache) {
        if (!isCurrent(slot, method)) {
            return false;
        }
        take(slot);
        return agrees(bcp, poolCache);
    }

    private boolean takeTransient(long method) {
        TransientMethods.Entry entry = passing.find(method, transientEpoch());
        if (entry == null) {
            return false;
        }
        foundId = entry.id;
        foundLasting = entry.lasting;
        foundConstMethod = entry.constMethod;
        foundPoolCache = entry.poolCache;
        foundCodeSize = entry.codeSize;
        return true;
    }

    private boolean isCurrent(int slot, long method) {
        return addresses[slot] == method && epochs[slot] == epoch;
    }

    private void take(int slot) {
        foundId = ids[slot];
        foundLasting = lasting[slot];
        foundConstMethod = constMethods[slot];
        foundPoolCache = poolCaches[slot];
        foundCodeSize = codeSizes[slot];
    }

    private boolean agrees(long bcp, long poolCache) {
        long bci = bcp - foundConstMethod - bytecodesOffset;
        return foundPoolCache == poolCache && (foundCodeSize == 0 || (bci >= 0 && bci < foundCodeSize));
    }

    /** @param alive whether the method is alive if what is read counts at all */
    private int read(long method, boolean alive) {
        int slot = slot(method);
        if (!decoder.readIdentity(method)) {
            return UNKNOWN;
        }
        foundConstMethod = decoder.constMethod();
        foundPoolCache = decoder.poolCache();
        foundCodeSize = decoder.codeSize();
        if (isCurrent(slot, method) && isSame(slot)) {
            take(slot);
            return foundId;
        }
        JavaMethod read = decoder.readMethod(method);
        if (read == null || (!alive && !decoder.isOfItsClass())) {
            return UNKNOWN;
        }
        // Of a class that went while it was read parts may be another's by now: also of one that has just taken its
        // place.
        boolean whole = history.undisturbed();
        if (!whole && !alive) {
            return UNKNOWN;
        }
        foundId = intern(read);
        foundLasting = (decoder.isPermanent() ? PERMANENT : 0) | (decoder.isOriginal() ? ORIGINAL : 0);
        if (whole) {
            // Not remembered yet: whether the frame, or the code, is there is found out later.
            passing.put(
                    method, transientEpoch(), foundId, foundLasting, foundConstMethod, foundPoolCache, foundCodeSize);
        }
        return foundId;
    }

    /**
     * What is read for stacks of the past serves others of that kind, until the next epoch; all else that one walk
     * only.
     */
    private int transientEpoch() {
        return remembers ? walk : epoch;
    }

    /** @param slotOrRoom where the address is, or belongs */
    private void remember(long method, int slotOrRoom) {
        int slot = addresses[slotOrRoom] == method ? slotOrRoom : room(method, slotOrRoom);
        boolean goesOn = ids[slot] == foundId && epochs[slot] == epoch - 1 && isSame(slot);
        if (!goesOn) {
            firstEpochs[slot] = epoch;
        }
        lasting[slot] = foundLasting;
        constMethods[slot] = foundConstMethod;
        poolCaches[slot] = foundPoolCache;
        codeSizes[slot] = foundCodeSize;
        epochs[slot] = epoch;
        ids[slot] = foundId;
        addresses[slot] = method;
    }

    private boolean isSame(int slot) {
        return constMethods[slot] == foundConstMethod
                && poolCaches[slot] == foundPoolCache
                && codeSizes[slot] == foundCodeSize;
    }

    private int room(long method, int freeSlot) {
        int slot = freeSlot;
        if (2 * (used + 1) > addresses.length) {
            if (addresses.length < MAX_SLOTS) {
                grow();
            } else {
                Arrays.fill(addresses, 0);
                used = 0;
            }
            slot = slot(method);
        }
        ids[slot] = UNKNOWN;
        used++;
        return slot;
    }

    private void grow() {
        long[] oldAddresses = addresses;
        long[] oldConstMethods = constMethods;
        long[] oldPoolCaches = poolCaches;
        int[] oldCodeSizes = codeSizes;
        int[] oldIds = ids;
        int[] oldEpochs = epochs;
        int[] oldFirstEpochs = firstEpochs;
        int[] oldLasting = lasting;
        int slots = 2 * oldAddresses.length;
        addresses = new long[slots];
        constMethods = new long[slots];
        poolCaches = new long[slots];
        codeSizes = new int[slots];
        ids = new int[slots];
        epochs = new int[slots];
        firstEpochs = new int[slots];
        lasting = new int[slots];
        for (int i = 0; i < oldAddresses.length; i++) {
            if (oldAddresses[i] != 0) {
                int slot = slot(oldAddresses[i]);
                addresses[slot] = oldAddresses[i];
                constMethods[slot] = oldConstMethods[i];
                poolCaches[slot] = oldPoolCaches[i];
                codeSizes[slot] = oldCodeSizes[i];
                ids[slot] = oldIds[i];
                epochs[slot] = oldEpochs[i];
                firstEpochs[slot] = oldFirstEpochs[i];
                lasting[slot] = oldLasting[i];
            }
        }
    }

    private int intern(JavaMethod method) {
        @Nullable Integer known = idByMethod.get(method);
        if (known != null) {
            return known;
        }
        if (methods.size() >= MAX_METHODS) {
            return UNKNOWN;
        }
        int id = methods.size();
        methods.add(method);
        idByMethod.put(method, id);
        return id;
    }

    /** Where the address is, or belongs. */
    private int slot(long method) {
        int mask = addresses.length - 1;
        int slot = (int) ((method * 0x9e37_79b9_7f4a_7c15L) >>> 40) & mask;
        while (addresses[slot] != 0 && addresses[slot] != method) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
