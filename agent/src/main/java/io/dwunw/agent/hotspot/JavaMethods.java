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

    private static final int SLOTS = 1 << 17;
    private static final int MAX_USED = SLOTS / 2;
    private static final int MAX_METHODS = 1 << 20;

    private final MethodDecoder decoder;
    private final long[] addresses = new long[SLOTS];
    private final long[] constMethods = new long[SLOTS];
    private final long[] poolCaches = new long[SLOTS];
    private final int[] codeSizes = new int[SLOTS];
    private final int[] ids = new int[SLOTS];
    private final int[] generations = new int[SLOTS];
    /** When the address first read as this method. */
    private final long[] knownSince = new long[SLOTS];
    /** Whether the method's class is never unloaded. */
    private final boolean[] permanent = new boolean[SLOTS];

    private final int bytecodesOffset;
    private final List<JavaMethod> methods = new ArrayList<>();
    private final Map<JavaMethod, Integer> idByMethod = new HashMap<>();
    private int used;
    private int generation = 1;
    private boolean replaced;

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
     * The method of an interpreted frame.
     *
     * @param bcp the frame's bytecode pointer; of no meaning in a native method
     * @param poolCache the frame's constant pool cache
     * @param suspectSince when the stack was copied, if a class may have been unloaded since, so that the address may have
     *     come to mean another method; then only one is believed that was known before that moment and still reads the
     *     same, or of a class that is never unloaded. {@link Long#MAX_VALUE} if nothing was unloaded
     * @param replacedSince the same for a class that may have been replaced, which even those may be that are never unloaded
     * @return its id; {@link #UNKNOWN} if the frame and the metadata do not agree
     */
    int interpreted(long method, long bcp, long poolCache, long suspectSince, long replacedSince) {
        if (!isPlausible(method, bcp, poolCache)) {
            return UNKNOWN;
        }
        int slot = slot(method);
        boolean sure = (permanent[slot] || knownSince[slot] <= suspectSince) && knownSince[slot] <= replacedSince;
        return sure ? ids[slot] : UNKNOWN;
    }

    /** Whether a frame with these words can be an interpreted method's, whether or not that can be trusted. */
    boolean isPlausible(long method, long bcp, long poolCache) {
        int slot = slot(method);
        if (addresses[slot] != method || generations[slot] != generation || !agrees(slot, bcp, poolCache)) {
            if (decode(method, slot) == UNKNOWN) {
                return false;
            }
            slot = slot(method);
        }
        return agrees(slot, bcp, poolCache);
    }

    /** Bytecode index in the method that {@link #interpreted} has just found. */
    int bci(long method, long bcp) {
        int slot = slot(method);
        long bci = bcp - constMethods[slot] - bytecodesOffset;
        return codeSizes[slot] == 0 ? JavaFrameSink.BCI_NATIVE : (int) bci;
    }

    /** The method at an address that something alive refers to: a compiled method's code. Reads it again. Cold. */
    int compiled(long method) {
        return decode(method, slot(method));
    }

    private boolean agrees(int slot, long bcp, long poolCache) {
        long bci = bcp - constMethods[slot] - bytecodesOffset;
        return poolCaches[slot] == poolCache && (codeSizes[slot] == 0 || (bci >= 0 && bci < codeSizes[slot]));
    }

    private int decode(long method, int slotHint) {
        if (!decoder.readIdentity(method)) {
            return UNKNOWN;
        }
        int slot = slotHint;
        if (addresses[slot] == method && generations[slot] == generation && isSame(slot)) {
            return ids[slot];
        }
        JavaMethod read = decoder.readMethod(method);
        if (read == null) {
            return UNKNOWN;
        }
        int id = intern(read);
        if (addresses[slot] != method) {
            slot = take(method, slot);
        }
        if (ids[slot] != id) {
            replaced |= ids[slot] != UNKNOWN && permanent[slot] && decoder.isPermanent();
            knownSince[slot] = System.nanoTime();
        }
        permanent[slot] = decoder.isPermanent();
        constMethods[slot] = decoder.constMethod();
        poolCaches[slot] = decoder.poolCache();
        codeSizes[slot] = decoder.codeSize();
        generations[slot] = generation;
        ids[slot] = id;
        return id;
    }

    private boolean isSame(int slot) {
        return constMethods[slot] == decoder.constMethod()
                && poolCaches[slot] == decoder.poolCache()
                && codeSizes[slot] == decoder.codeSize();
    }

    private int take(long method, int freeSlot) {
        int slot = freeSlot;
        if (used == MAX_USED) {
            Arrays.fill(addresses, 0);
            used = 0;
            slot = slot(method);
        }
        addresses[slot] = method;
        ids[slot] = UNKNOWN;
        used++;
        return slot;
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
        int slot = (int) ((method * 0x9e37_79b9_7f4a_7c15L) >>> 40) & (SLOTS - 1);
        while (addresses[slot] != 0 && addresses[slot] != method) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        return slot;
    }
}
