// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names and kinds of code blobs by the pointer to their name, which HotSpot keeps for good. Hot once warm; bounded.
 */
final class BlobNames {
    private static final int MAX_NAME = 128;
    private static final int MAX_NAMES = 2048;
    private static final int SLOTS = 2 * MAX_NAMES;

    private final MetadataReader memory;
    private final long[] pointers = new long[SLOTS];
    private final @Nullable BlobKind[] kinds = new BlobKind[SLOTS];
    private final int[] ids = new int[SLOTS];
    private final List<String> names = new ArrayList<>();
    private final Map<String, Integer> idByName = new HashMap<>();
    private int used;

    BlobNames(MetadataReader memory) {
        this.memory = memory;
        names.add("unknown");
    }

    BlobKind kind(CodeBlob blob) {
        if (blob.isUpcallKind()) {
            return BlobKind.UPCALL;
        }
        BlobKind kind = kinds[slot(blob.namePointer())];
        return kind == null ? BlobKind.RUNTIME_STUB : kind;
    }

    /** Identifies the blob's name among all stub names; 0 if it has none. */
    int nameId(CodeBlob blob) {
        return ids[slot(blob.namePointer())];
    }

    String name(int id) {
        return id >= 0 && id < names.size() ? names.get(id) : names.get(0);
    }

    /** An id for a name of our own. */
    int idOf(String name) {
        Integer known = idByName.get(name);
        if (known != null) {
            return known;
        }
        int id = names.size();
        names.add(name);
        idByName.put(name, id);
        return id;
    }

    private int slot(long pointer) {
        int slot = (int) ((pointer * 0x9e37_79b9_7f4a_7c15L) >>> 40) % SLOTS;
        while (pointers[slot] != pointer || kinds[slot] == null) {
            if (kinds[slot] == null) {
                return load(pointer, slot);
            }
            slot = (slot + 1) % SLOTS;
        }
        return slot;
    }

    private int load(long pointer, int freeSlot) {
        if (used == MAX_NAMES) {
            // Stubs of the JVM's own number in the hundreds; whatever fills this up is not worth remembering.
            Arrays.fill(kinds, null);
            used = 0;
        }
        String name = read(pointer);
        pointers[freeSlot] = pointer;
        kinds[freeSlot] = BlobKind.ofName(name);
        ids[freeSlot] = name.isEmpty() || names.size() >= 2 * MAX_NAMES ? 0 : idOf(name);
        used++;
        return freeSlot;
    }

    private String read(long pointer) {
        memory.begin();
        byte[] bytes = new byte[MAX_NAME];
        int length = 0;
        while (length < MAX_NAME) {
            int c = memory.u1(pointer + length);
            if (c == 0) {
                break;
            }
            bytes[length++] = (byte) c;
        }
        return memory.faulted() ? "" : new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }
}
