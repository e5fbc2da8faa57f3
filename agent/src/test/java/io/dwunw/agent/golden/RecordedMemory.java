// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.MemoryWindow;
import io.dwunw.agent.hotspot.StableMemory;
import io.dwunw.memory.MemoryReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Exactly the words of a process's memory that were read. Either grows while it reads through, or replays. */
final class RecordedMemory implements MemoryReader, MemoryWindow {
    private static final int WORD = Long.BYTES;
    private static final int MAX_WORDS = 1 << 20;

    private final NavigableMap<Long, Long> words;
    private final @Nullable MemoryReader source;
    private final boolean strict;

    private RecordedMemory(NavigableMap<Long, Long> words, @Nullable MemoryReader source, boolean strict) {
        this.words = words;
        this.source = source;
        this.strict = strict;
    }

    /** Reads through, and remembers each word as it was when it was read last. */
    static RecordedMemory of(MemoryReader source) {
        return new RecordedMemory(new TreeMap<>(), source, true);
    }

    /** A copy that only knows what was recorded: reading anything else straight is an error. */
    RecordedMemory replay() {
        return new RecordedMemory(new TreeMap<>(words), null, true);
    }

    /**
     * A replay in which up to {@code count} words have a wrong value, and where nothing is an error.
     *
     * @param spared has the words that keep theirs
     */
    RecordedMemory damaged(Random random, int count, RecordedMemory spared) {
        NavigableMap<Long, Long> changed = new TreeMap<>(words);
        NavigableMap<Long, Long> others = new TreeMap<>(words);
        others.keySet().removeAll(spared.words.keySet());
        Long[] addresses = others.keySet().toArray(new Long[0]);
        for (int i = 0; i < count; i++) {
            long address = addresses[random.nextInt(addresses.length)];
            long before = changed.getOrDefault(address, 0L);
            changed.put(address, random.nextBoolean() ? random.nextLong() : before ^ (1L << random.nextInt(Long.SIZE)));
        }
        return new RecordedMemory(changed, null, false);
    }

    static RecordedMemory empty() {
        return new RecordedMemory(new TreeMap<>(), null, true);
    }

    int bytes() {
        return words.size() * WORD;
    }

    /** Puts all words of {@code [address, address + into.capacity())} where they belong. */
    void fill(ByteBuffer into, long address) {
        for (Map.Entry<Long, Long> word :
                words.subMap(address, address + into.capacity() - WORD + 1).entrySet()) {
            into.putLong((int) (word.getKey() - address), word.getValue());
        }
    }

    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        int done = 0;
        while (done < length) {
            Long word = word((avma + done) & -WORD);
            if (word == null) {
                break;
            }
            int from = (int) ((avma + done) & (WORD - 1));
            int count = Math.min(WORD - from, length - done);
            for (int i = 0; i < count; i++) {
                destination[offset + done + i] = (byte) (word >>> ((from + i) * Byte.SIZE));
            }
            done += count;
        }
        return done;
    }

    private @Nullable Long word(long aligned) {
        if (source == null) {
            return words.get(aligned);
        }
        byte[] bytes = new byte[WORD];
        if (source.read(aligned, bytes, 0, WORD) != WORD) {
            return null;
        }
        long value = 0;
        for (int i = WORD - 1; i >= 0; i--) {
            value = (value << Byte.SIZE) | (bytes[i] & 0xff);
        }
        if (words.size() >= MAX_WORDS) {
            throw new IllegalStateException("more than " + MAX_WORDS + " words");
        }
        words.put(aligned, value);
        return value;
    }

    @Override
    public ByteBuffer open(long address, long length) {
        throw new UnsupportedOperationException("a recording is read word by word");
    }

    @Override
    public StableMemory stable(long address, long length) {
        return new Window(address, (int) length);
    }

    /** Writes: count, then for each run of words the gap to it, its length and its words. */
    void write(DataOutputStream out) throws IOException {
        out.writeInt(words.size());
        long next = 0;
        Map.Entry<Long, Long> at = words.firstEntry();
        while (at != null) {
            long first = at.getKey();
            int length = 1;
            while (words.containsKey(first + (long) length * WORD)) {
                length++;
            }
            out.writeLong(first - next);
            out.writeInt(length);
            for (int i = 0; i < length; i++) {
                out.writeLong(Long.reverseBytes(words.getOrDefault(first + (long) i * WORD, 0L)));
            }
            next = first + (long) length * WORD;
            at = words.ceilingEntry(next);
        }
    }

    static RecordedMemory read(DataInputStream in) throws IOException {
        int count = in.readInt();
        NavigableMap<Long, Long> words = new TreeMap<>();
        long next = 0;
        while (words.size() < count) {
            long first = next + in.readLong();
            int length = in.readInt();
            for (int i = 0; i < length; i++) {
                words.put(first + (long) i * WORD, Long.reverseBytes(in.readLong()));
            }
            next = first + (long) length * WORD;
        }
        return new RecordedMemory(words, null, true);
    }

    /** Window onto memory that HotSpot never unmaps. */
    private final class Window implements StableMemory {
        private final long address;
        private final int length;
        private final byte[] bytes = new byte[WORD];

        private Window(long address, int length) {
            this.address = address;
            this.length = length;
        }

        @Override
        public int bytes() {
            return length;
        }

        @Override
        public int u1(int offset) {
            return (int) value(offset, 1) & 0xff;
        }

        @Override
        public int s2(int offset) {
            return (short) value(offset, Short.BYTES);
        }

        @Override
        public int s4(int offset) {
            return (int) value(offset, Integer.BYTES);
        }

        @Override
        public long word(int offset) {
            return value(offset, WORD);
        }

        private long value(int offset, int count) {
            if (offset < 0 || offset > length - count) {
                throw new IndexOutOfBoundsException(offset);
            }
            int got = RecordedMemory.this.read(address + offset, bytes, 0, count);
            if (got < count && strict) {
                throw new IllegalStateException("not recorded: " + Long.toHexString(address + offset));
            }
            long value = 0;
            for (int i = got - 1; i >= 0; i--) {
                value = (value << Byte.SIZE) | (bytes[i] & 0xff);
            }
            return value;
        }
    }
}
