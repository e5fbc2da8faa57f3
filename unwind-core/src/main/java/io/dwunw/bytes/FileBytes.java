// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * A file's bytes, read page by page when they are wanted. Not mapped: a mapping of a file that somebody cuts off
 * faults, and what the JVM makes of such a fault comes too late to be caught (an {@code InternalError} some
 * instructions behind the {@code try}), or not at all (JDK 25 ends in compiled loops, every JDK in native code). Here
 * it is a {@link MalformedDataException}.
 *
 * <p>Thread-safe. At most {@link #KEPT_PAGES} pages are kept. The descriptor stays open as long as the bytes are
 * reachable, so that a file which was replaced or deleted stays readable.
 */
public final class FileBytes implements ByteStore {
    /** Small, because nearly every read is of some entry anywhere, and each page read is garbage soon. */
    static final int PAGE_BYTES = 1024;
    /** Together 128 KiB a file: a search table's upper levels, and where the last entries stood. */
    static final int KEPT_PAGES = 128;
    /** What the JDK reads without a buffer of its own from the C heap. */
    private static final int MOST_READ_AT_ONCE = 8192;

    private static final int SHIFT = Integer.numberOfTrailingZeros(PAGE_BYTES);
    private static final int MASK = PAGE_BYTES - 1;

    /** A page as it was when it was read; shorter than {@link #PAGE_BYTES} where the file ends. */
    private static final class Page {
        final int number;
        final byte[] bytes;

        Page(int number, byte[] bytes) {
            this.number = number;
            this.bytes = bytes;
        }
    }

    // Not a FileChannel, which an interrupt of the reading thread would close for good.
    private final RandomAccessFile file;
    private final AtomicReferenceArray<Page> pages = new AtomicReferenceArray<>(KEPT_PAGES);

    private final FileAccount account;

    private FileBytes(RandomAccessFile file, FileAccount account) {
        this.file = file;
        this.account = account;
    }

    /**
     * Opens a file; little-endian until {@link Bytes#order} says otherwise. Its size is fixed by this call: bytes that
     * disappear later are malformed, bytes that come are not seen.
     *
     * @throws IOException if the file cannot be opened, is not a regular file (a pipe would be waited for), or has 2
     *     GiB or more
     */
    public static Bytes open(Path path) throws IOException {
        return open(path, path.toString(), ReadBudget.ofProcess());
    }

    /**
     * As {@link #open(Path)}, but counts what is derived of the file for {@code budget}.
     *
     * @param name what the file is called to people
     */
    public static Bytes open(Path path, String name, ReadBudget budget) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException(path + " is not a regular file");
        }
        RandomAccessFile file = new RandomAccessFile(path.toString(), "r");
        try {
            long size = file.length();
            if (size > Integer.MAX_VALUE) {
                throw new IOException(path + " has " + size + " bytes, more than are supported");
            }
            return Bytes.of(new FileBytes(file, budget.account(name, file)), (int) size, ByteOrder.LITTLE_ENDIAN);
        } catch (IOException | RuntimeException unusable) {
            file.close();
            throw unusable;
        }
    }

    @Override
    public ByteStore reread() {
        return new FileBytes(file, account);
    }

    @Override
    public FileAccount account() {
        return account;
    }

    @Override
    public void close() {
        account.close();
        try {
            file.close();
        } catch (IOException alreadyGone) {
            // Nothing was written: there is nothing to lose.
        }
    }

    @Override
    public byte s8(int at) {
        return page(at, 1)[at & MASK];
    }

    @Override
    public short s16(int at, ByteOrder order) {
        return isInOnePage(at, Short.BYTES)
                ? ArrayStore.s16(page(at, Short.BYTES), at & MASK, order)
                : (short) across(at, Short.BYTES, order);
    }

    @Override
    public int s32(int at, ByteOrder order) {
        return isInOnePage(at, Integer.BYTES)
                ? ArrayStore.s32(page(at, Integer.BYTES), at & MASK, order)
                : (int) across(at, Integer.BYTES, order);
    }

    @Override
    public long s64(int at, ByteOrder order) {
        return isInOnePage(at, Long.BYTES)
                ? ArrayStore.s64(page(at, Long.BYTES), at & MASK, order)
                : across(at, Long.BYTES, order);
    }

    /** Long runs are read past the pages, which they would only drive out. */
    @Override
    public void copy(int at, byte[] destination, int destinationOffset, int length) {
        if (length >= PAGE_BYTES) {
            if (read(at, destination, destinationOffset, length) < length) {
                throw cutOff(at);
            }
            return;
        }
        int done = 0;
        while (done < length) {
            int from = at + done;
            int count = Math.min(length - done, PAGE_BYTES - (from & MASK));
            System.arraycopy(page(from, count), from & MASK, destination, destinationOffset + done, count);
            done += count;
        }
    }

    private static boolean isInOnePage(int at, int length) {
        return (at & MASK) <= PAGE_BYTES - length;
    }

    private long across(int at, int length, ByteOrder order) {
        long value = 0;
        for (int i = 0; i < length; i++) {
            int index = order == ByteOrder.BIG_ENDIAN ? i : length - 1 - i;
            value = (value << Byte.SIZE) | (s8(at + index) & 0xff);
        }
        return value;
    }

    /** The page of an offset, with at least {@code length} bytes there. */
    private byte[] page(int at, int length) {
        int number = at >>> SHIFT;
        Page page = pages.get(number & (KEPT_PAGES - 1));
        if (page == null || page.number != number) {
            page = new Page(number, read(number));
            pages.set(number & (KEPT_PAGES - 1), page);
        }
        if ((at & MASK) + length > page.bytes.length) {
            throw cutOff(at);
        }
        return page.bytes;
    }

    private static MalformedDataException cutOff(int at) {
        return new MalformedDataException("the file was cut off while it was read", at);
    }

    private byte[] read(int page) {
        byte[] bytes = new byte[PAGE_BYTES];
        int done = read((long) page << SHIFT, bytes, 0, PAGE_BYTES);
        return done == PAGE_BYTES ? bytes : Arrays.copyOf(bytes, done);
    }

    /** Reads until {@code length} bytes are there, or the file ends; how many. */
    private int read(long from, byte[] destination, int destinationOffset, int length) {
        int done = 0;
        synchronized (file) {
            try {
                file.seek(from);
                int count = 0;
                while (count >= 0 && done < length) {
                    done += count;
                    count = file.read(
                            destination, destinationOffset + done, Math.min(length - done, MOST_READ_AT_ONCE));
                }
            } catch (IOException unreadable) {
                throw new MalformedDataException("the file cannot be read here", from);
            }
        }
        return done;
    }
}
