package io.dwunw.agent.hotspot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Methods by their address, and by an id that stays good when the address no longer is: the id stands for what the method
 * is called and where its lines are, so that the same method loaded again has the same id.
 *
 * <p>The memory of an unloaded or redefined method is used again, even for a method of the same layout. So a remembered
 * address is believed only if the frame itself agrees (interpreted frames: the bytecode pointer lies in the remembered
 * bytecodes and the pool cache is the remembered one), or after the identity was read again; and not beyond the next
 * unloading of any class, nor beyond a safepoint after which classes were loaded ({@link MetadataReuse}).
 *
 * <p>Hot for what is known: {@link #interpreted}. Bounded. Not thread-safe.
 */
final class JavaMethods {
    /** Stands for a method that cannot be told. */
    static final int UNKNOWN = 0;

    private static final int INITIAL_SLOTS = 1 << 10;
    private static final int MAX_SLOTS = 1 << 17;
    private static final int MAX_METHODS = 1 << 20;

    private final MethodDecoder decoder;
    private long[] addresses = new long[INITIAL_SLOTS];
    private long[] constMethods = new long[INITIAL_SLOTS];
    private long[] poolCaches = new long[INITIAL_SLOTS];
    private int[] codeSizes = new int[INITIAL_SLOTS];
    private int[] ids = new int[INITIAL_SLOTS];
    private int[] generations = new int[INITIAL_SLOTS];
    /** When the address first read as this method. */
    private long[] knownSince = new long[INITIAL_SLOTS];
    /** Whether the method's class is never unloaded. */
    private boolean[] permanent = new boolean[INITIAL_SLOTS];

    private final int bytecodesOffset;
    private final List<JavaMethod> methods = new ArrayList<>();
    private final Map<JavaMethod, Integer> idByMethod = new HashMap<>();
    /** What was read for stacks for which nothing is remembered. */
    private final PassingMethods passing = new PassingMethods();

    private int used;
    private int generation = 1;
    private boolean replaced;
    private long unloadedSince = Long.MAX_VALUE;
    private long replacedSince = Long.MAX_VALUE;
    private boolean remembers = true;

    private int foundId;
    private boolean foundPermanent;
    private long foundConstMethod;
    private long foundPoolCache;
    private int foundCodeSize;

    JavaMethods(MethodDecoder decoder, MethodLayout layout) {
        this.decoder = decoder;
        bytecodesOffset = layout.constMethodBytes();
        methods.add(JavaMethod.UNKNOWN);
    }

    JavaMethod method(int id) {
        return id > 0 && id < methods.size() ? methods.get(id) : JavaMethod.UNKNOWN;
    }

    /** Some class was unloaded, or may have been replaced: no address is believed any more without reading it again. */
    void distrust() {
        generation++;
    }

    /**
     * Whether the memory of a method of a class that is never unloaded has been seen to become another method's: classes of
     * this program are being replaced.
     */
    boolean sawReplacement() {
        return replaced;
    }

    /**
     * A new walk. If classes were unloaded or replaced after its stack was copied, what lies at an address may be another
     * method by now, or one that is dead but has not been overwritten yet: then nothing is remembered that was not known.
     *
     * @param unloaded when the stack was copied, if a class may have been unloaded since: then only a method is believed
     *     that was known before that moment and still reads the same, or whose class is never unloaded. {@link
     *     Long#MAX_VALUE} if not
     * @param redefined the same for a class that may have been replaced, as even those may be that are never unloaded
     * @param remember whether what is read may be remembered
     */
    void begin(long unloaded, long redefined, boolean remember) {
        unloadedSince = unloaded;
        replacedSince = redefined;
        remembers = remember;
    }

    /**
     * The method of an interpreted frame.
     *
     * @param bcp the frame's bytecode pointer; of no meaning in a native method
     * @param poolCache the frame's constant pool cache
     * @return its id; {@link #UNKNOWN} if the frame and the metadata do not agree
     */
    int interpreted(long method, long bcp, long poolCache) {
        return isPlausible(method, bcp, poolCache) ? believed(method) : UNKNOWN;
    }

    /** Whether a frame with these words can be an interpreted method's, whether or not that can be trusted. */
    boolean isPlausible(long method, long bcp, long poolCache) {
        if (isCurrent(slot(method), method)) {
            take(slot(method));
            if (agrees(bcp, poolCache)) {
                return true;
            }
        } else if (!remembers && takePassing(method) && agrees(bcp, poolCache)) {
            return true;
        }
        return read(method) != UNKNOWN && agrees(bcp, poolCache);
    }

    /** Bytecode index in the method that {@link #interpreted} has just found. */
    int bci(long bcp) {
        return foundCodeSize == 0 ? JavaFrameSink.BCI_NATIVE : (int) (bcp - foundConstMethod - bytecodesOffset);
    }

    /**
     * The method at an address that compiled code refers to. HotSpot frees the code before the metadata: as long as the one
     * is there the other is. Reads it again. Cold.
     */
    int compiled(long method) {
        return read(method);
    }

    /** What was found last, if that may be believed. */
    private int believed(long method) {
        if (unloadedSince == Long.MAX_VALUE && replacedSince == Long.MAX_VALUE) {
            return foundId;
        }
        int slot = slot(method);
        long known = addresses[slot] == method && ids[slot] == foundId ? knownSince[slot] : Long.MAX_VALUE;
        boolean sure = (foundPermanent || known <= unloadedSince) && known <= replacedSince;
        return sure || (foundPermanent && replacedSince == Long.MAX_VALUE) ? foundId : UNKNOWN;
    }

    private boolean takePassing(long method) {
        PassingMethods.Entry entry = passing.find(method, generation);
        if (entry == null) {
            return false;
        }
        foundId = entry.id;
        foundPermanent = entry.permanent;
        foundConstMethod = entry.constMethod;
        foundPoolCache = entry.poolCache;
        foundCodeSize = entry.codeSize;
        return true;
    }

    private boolean isCurrent(int slot, long method) {
        return addresses[slot] == method && generations[slot] == generation;
    }

    private void take(int slot) {
        foundId = ids[slot];
        foundPermanent = permanent[slot];
        foundConstMethod = constMethods[slot];
        foundPoolCache = poolCaches[slot];
        foundCodeSize = codeSizes[slot];
    }

    private boolean agrees(long bcp, long poolCache) {
        long bci = bcp - foundConstMethod - bytecodesOffset;
        return foundPoolCache == poolCache && (foundCodeSize == 0 || (bci >= 0 && bci < foundCodeSize));
    }

    private int read(long method) {
        int slot = slot(method);
        if (!decoder.readIdentity(method)) {
            return UNKNOWN;
        }
        if (isCurrent(slot, method) && isSame(slot)) {
            take(slot);
            return foundId;
        }
        JavaMethod read = decoder.readMethod(method);
        if (read == null) {
            return UNKNOWN;
        }
        foundId = intern(read);
        foundPermanent = decoder.isPermanent();
        foundConstMethod = decoder.constMethod();
        foundPoolCache = decoder.poolCache();
        foundCodeSize = decoder.codeSize();
        if (remembers) {
            remember(method, addresses[slot] == method ? slot : room(method, slot));
        } else {
            passing.put(method, generation, foundId, foundPermanent, foundConstMethod, foundPoolCache, foundCodeSize);
        }
        return foundId;
    }

    private void remember(long method, int slot) {
        if (ids[slot] != foundId) {
            replaced |= ids[slot] != UNKNOWN && permanent[slot] && foundPermanent;
            knownSince[slot] = System.nanoTime();
        }
        permanent[slot] = foundPermanent;
        constMethods[slot] = foundConstMethod;
        poolCaches[slot] = foundPoolCache;
        codeSizes[slot] = foundCodeSize;
        generations[slot] = generation;
        ids[slot] = foundId;
        addresses[slot] = method;
    }

    private boolean isSame(int slot) {
        return constMethods[slot] == decoder.constMethod()
                && poolCaches[slot] == decoder.poolCache()
                && codeSizes[slot] == decoder.codeSize();
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
        int[] oldGenerations = generations;
        long[] oldKnownSince = knownSince;
        boolean[] oldPermanent = permanent;
        int slots = 2 * oldAddresses.length;
        addresses = new long[slots];
        constMethods = new long[slots];
        poolCaches = new long[slots];
        codeSizes = new int[slots];
        ids = new int[slots];
        generations = new int[slots];
        knownSince = new long[slots];
        permanent = new boolean[slots];
        for (int i = 0; i < oldAddresses.length; i++) {
            if (oldAddresses[i] != 0) {
                int slot = slot(oldAddresses[i]);
                addresses[slot] = oldAddresses[i];
                constMethods[slot] = oldConstMethods[i];
                poolCaches[slot] = oldPoolCaches[i];
                codeSizes[slot] = oldCodeSizes[i];
                ids[slot] = oldIds[i];
                generations[slot] = oldGenerations[i];
                knownSince[slot] = oldKnownSince[i];
                permanent[slot] = oldPermanent[i];
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
