// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@code Method} and what hangs on it. The memory may have been freed and be something else by now: whatever
 * does not look like a method in every respect is rejected. Cold.
 */
final class MethodDecoder {
    private static final long LOWEST_POINTER = 0x1000;
    private static final int MAX_SYMBOL = 0xffff;
    private static final int MAX_LINE_TABLE = 1 << 20;
    private static final int WORD = Long.BYTES;
    private static final byte LOWEST_NAME_BYTE = 0x20;

    private final MetadataReader memory;
    private final MethodLayout layout;
    private final int excludedBytes;

    /** The boot loader's {@code ClassLoaderData}; 0 until it is known. */
    private long bootLoader;
    /** That of the loader of this very class, if it is never unloaded; 0 if it is not known. */
    private long ownLoader;

    /** Where archived metadata lies; an end of 0 until that is known. */
    private long archiveBase;

    private long archiveTop;

    private boolean permanent;
    private boolean original;
    private long constMethod;
    private long pool;
    private long poolCache;
    private long bytecodes;
    private int codeSize;

    /** @param excludedBytes see {@link Unsigned5} */
    MethodDecoder(MetadataReader memory, MethodLayout layout, int excludedBytes) {
        this.memory = memory;
        this.layout = layout;
        this.excludedBytes = excludedBytes;
    }

    /**
     * Reads what identifies a method; {@link #constMethod()} and the others tell it afterwards.
     *
     * @return false if there is no method at this address
     */
    boolean readIdentity(long method) {
        memory.begin();
        if (!isPointer(method)) {
            return false;
        }
        constMethod = memory.word(method + layout.constMethod());
        if (!isPointer(constMethod)) {
            return false;
        }
        pool = memory.word(constMethod + layout.constants());
        codeSize = memory.u2(constMethod + layout.codeSize());
        bytecodes = constMethod + layout.constMethodBytes();
        if (!isPointer(pool)) {
            return false;
        }
        poolCache = memory.word(pool + layout.poolCache());
        return !memory.faulted();
    }

    long constMethod() {
        return constMethod;
    }

    long poolCache() {
        return poolCache;
    }

    long bytecodes() {
        return bytecodes;
    }

    int codeSize() {
        return codeSize;
    }

    /** Reads the method that {@link #readIdentity} has just found; null if it is not one after all. */
    @Nullable
    JavaMethod readMethod(long method) {
        int poolLength = memory.s4(pool + layout.poolLength());
        long holder = memory.word(pool + layout.poolHolder());
        if (poolLength <= 0 || poolLength > MAX_SYMBOL + 1 || !isPointer(holder)) {
            return null;
        }
        String className = symbol(memory.word(holder + layout.klassName()));
        String methodName = poolSymbol(memory.u2(constMethod + layout.nameIndex()), poolLength);
        String descriptor = poolSymbol(memory.u2(constMethod + layout.signatureIndex()), poolLength);
        int sourceIndex = memory.u2(pool + layout.poolSourceFileIndex());
        String sourceFile = sourceIndex == 0 ? "" : poolSymbol(sourceIndex, poolLength);
        if (className == null || methodName == null || descriptor == null || !descriptor.startsWith("(")) {
            return null;
        }
        boolean isNative = (memory.u2(method + layout.accessFlags()) & MethodLayout.ACC_NATIVE) != 0;
        long flags = (layout.hiddenInConstMethod() ? constMethod : method) + layout.flags();
        boolean hidden = (memory.u2(flags) & layout.hiddenBit()) != 0;
        LineTable lines = lines();
        long loader = memory.word(holder + layout.klassLoaderData());
        permanent = loader != 0 && (loader == bootLoader() || loader == ownLoader);
        original = isArchived(method) || memory.s4(pool + layout.poolVersion()) == 0;
        if (memory.faulted()) {
            return null;
        }
        return new JavaMethod(
                publicName(className),
                methodName,
                descriptor,
                sourceFile == null ? "" : sourceFile,
                hidden,
                isNative,
                lines);
    }

    /**
     * Whether the class of the method that was read last knows it, too. If not, the class is gone and its place
     * another's, while the method has not been overwritten yet.
     */
    boolean isOfItsClass() {
        long holder = memory.word(pool + layout.poolHolder());
        return memory.word(holder + layout.klassConstants()) == pool && !memory.faulted();
    }

    /** Whether the method that was read last is of a class that is never unloaded. */
    boolean isPermanent() {
        return permanent;
    }

    /**
     * Whether the class of the method that was read last has never been replaced by another version, at least not up to
     * this method's: then no other method was there before, as only replacing a class frees methods of a class that
     * lives. (HotSpot, {@code VM_RedefineClasses::merge_cp_and_rewrite}: each new version's pool has the next number.)
     */
    boolean isOriginal() {
        return original;
    }

    /**
     * The memory of what was mapped from an archive is never used for anything else; its pools use the version's field
     * otherwise.
     */
    private boolean isArchived(long method) {
        if (archiveTop == 0 && layout.archiveBase() != 0 && layout.archiveTop() != 0) {
            // Mapped before the first class was loaded, if at all.
            archiveBase = memory.word(layout.archiveBase());
            archiveTop = Math.max(memory.word(layout.archiveTop()), 1);
        }
        return method >= archiveBase && method < archiveTop;
    }

    private long bootLoader() {
        if (bootLoader == 0 && layout.objectKlass() != 0) {
            bootLoader = memory.word(memory.word(layout.objectKlass()) + layout.klassLoaderData());
        }
        return bootLoader;
    }

    /**
     * Classes of this method's loader are never unloaded.
     *
     * @param className what the method's class must be called
     * @return false, and nothing is believed, if there is no such method at the address
     */
    boolean trustLoaderOf(long method, String className, String methodName) {
        if (!readIdentity(method)) {
            return false;
        }
        JavaMethod read = readMethod(method);
        long loader = memory.word(memory.word(pool + layout.poolHolder()) + layout.klassLoaderData());
        if (read == null || memory.faulted() || !read.className().equals(className)) {
            return false;
        }
        ownLoader = read.methodName().equals(methodName) ? loader : 0;
        return ownLoader != 0;
    }

    private LineTable lines() {
        if ((memory.u2(constMethod + layout.constMethodFlags()) & MethodLayout.HAS_LINE_TABLE) == 0) {
            return LineTable.NONE;
        }
        long start = bytecodes + codeSize;
        long end = constMethod + (long) memory.s4(constMethod + layout.constMethodWords()) * WORD;
        if (end <= start || end - start > MAX_LINE_TABLE) {
            return LineTable.NONE;
        }
        byte[] raw = new byte[(int) (end - start)];
        memory.bytes(start, raw, raw.length);
        return LineTable.of(raw, excludedBytes);
    }

    private @Nullable String poolSymbol(int index, int poolLength) {
        if (index <= 0 || index >= poolLength) {
            return null;
        }
        // The lowest bit of a slot marks an unresolved class in some JDKs.
        return symbol(memory.word(pool + layout.poolBytes() + (long) index * WORD) & ~1L);
    }

    private @Nullable String symbol(long symbol) {
        if (!isPointer(symbol)) {
            return null;
        }
        int length = memory.u2(symbol + layout.symbolLength());
        byte[] bytes = new byte[length];
        memory.bytes(symbol + layout.symbolBody(), bytes, length);
        return memory.faulted() || length == 0 ? null : text(bytes);
    }

    /** JVMS 4.4.7: modified UTF-8. */
    private static @Nullable String text(byte[] bytes) {
        boolean ascii = true;
        for (byte b : bytes) {
            if (b >= 0 && b < LOWEST_NAME_BYTE) {
                return null;
            }
            ascii &= b > 0;
        }
        if (ascii) {
            return new String(bytes, StandardCharsets.US_ASCII);
        }
        byte[] framed = new byte[bytes.length + Short.BYTES];
        framed[0] = (byte) (bytes.length >>> Byte.SIZE);
        framed[1] = (byte) bytes.length;
        System.arraycopy(bytes, 0, framed, Short.BYTES, bytes.length);
        try {
            return new DataInputStream(new ByteArrayInputStream(framed)).readUTF();
        } catch (IOException malformed) {
            return null;
        }
    }

    /**
     * As {@link Class#getName()}: a hidden class's suffix stands after a slash there, after a plus sign inside the JVM.
     */
    private static String publicName(String internal) {
        int suffix = internal.lastIndexOf("+0x");
        String dotted = internal.replace('/', '.');
        return suffix < 0 ? dotted : dotted.substring(0, suffix) + '/' + internal.substring(suffix + 1);
    }

    private static boolean isPointer(long value) {
        return value >= LOWEST_POINTER && value < 1L << 47 && (value & (Integer.BYTES - 1)) == 0;
    }
}
