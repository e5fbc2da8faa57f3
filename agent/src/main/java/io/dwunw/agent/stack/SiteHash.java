// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import java.util.ArrayList;
import java.util.List;

/**
 * The identity of an allocation site: a hash of what the application did, the same in the next run and on another
 * machine. Into it go the allocator, the native functions between it and the first Java frame, and the Java methods,
 * innermost first; of a stack without Java frames all native functions. {@link SiteNames} says what they are called
 * here. Left out is what differs though the application does the same: addresses and lines, parameters, hidden frames,
 * what reflection and method handles put between caller and callee, and the start of a thread. Of a library those
 * functions count that it exports, and it counts itself where there is none in a row of its frames: which of the others
 * have names depends on debug files. Frames that have become equal by that, one beside the other, count once; so does a
 * method that calls itself.
 *
 * <p>64-bit FNV-1a over UTF-16 code units, then mixed: two sites in a million share a hash with a probability of 1 in
 * 37 million. Reused from stack to stack: {@link #begin}, the frames, {@link #end}. Not thread-safe.
 */
public final class SiteHash {
    private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;

    private static final String THREAD = "java.lang.Thread.";
    private static final String UNKNOWN = "unknown";
    /** Where all threads begin; its inner functions have names only where there is a debug file. */
    private static final String LIBC = "libc";

    private final List<String> parts = new ArrayList<>();
    private int javaFrames;
    private boolean ended;

    /** A new stack, whose frames come innermost first. */
    public void begin() {
        parts.clear();
        javaFrames = 0;
        ended = false;
    }

    /**
     * Takes a native frame.
     *
     * @param fileName of the library
     * @param function demangled; "" if it has no name that is known on every machine
     */
    public void nativeFrame(String fileName, String function) {
        if (javaFrames > 0) {
            return;
        }
        String library = SiteNames.library(fileName);
        if (function.isEmpty()) {
            if (!endsIn(library)) {
                add(library);
            }
            return;
        }
        if (!parts.isEmpty() && last().equals(library)) {
            parts.remove(parts.size() - 1);
        }
        add(library + '!' + FunctionName.plain(function));
    }

    /** Takes a frame of unknown native code, or the gap where frames are missing. */
    public void unknownFrame() {
        if (javaFrames == 0) {
            add(UNKNOWN);
        }
    }

    /** Takes a Java frame that is not hidden. */
    public void javaFrame(String className, String method) {
        if (ended || SiteNames.isPlumbing(className)) {
            return;
        }
        if (SiteNames.isCarrier(className, method) && javaFrames > 0) {
            ended = true;
            return;
        }
        if (javaFrames == 0 && SiteNames.isOfJdk(className)) {
            removeNativeCodeOfJdk();
        }
        if (add(SiteNames.className(className) + '.' + SiteNames.method(method))) {
            javaFrames++;
        }
    }

    /** Removes the last native frames as far as they are the JDK's own; the first frame is the allocator, and stays. */
    private void removeNativeCodeOfJdk() {
        while (parts.size() > 1 && SiteNames.isLibraryOfJdk(libraryOf(last()))) {
            parts.remove(parts.size() - 1);
        }
    }

    private static String libraryOf(String part) {
        int end = part.indexOf('!');
        return end < 0 ? part : part.substring(0, end);
    }

    /** The site of the stack. */
    public long end() {
        while (javaFrames > 1 && last().startsWith(THREAD)) {
            parts.remove(parts.size() - 1);
            javaFrames--;
        }
        while (javaFrames == 0 && parts.size() > 1 && last().equals(LIBC)) {
            parts.remove(parts.size() - 1);
        }
        long hash = OFFSET_BASIS;
        for (int i = 0; i < parts.size(); i++) {
            hash = add(hash, parts.get(i));
        }
        hash ^= hash >>> 32;
        hash *= 0x9e37_79b9_7f4a_7c15L;
        return hash ^ hash >>> 29;
    }

    private String last() {
        return parts.get(parts.size() - 1);
    }

    /** Whether the last frame was one of this library: what happens inside of it has no name to tell it by. */
    private boolean endsIn(String library) {
        return !parts.isEmpty()
                && last().startsWith(library)
                && (last().length() == library.length() || last().charAt(library.length()) == '!');
    }

    private boolean add(String part) {
        if (!parts.isEmpty() && last().equals(part)) {
            return false;
        }
        parts.add(part);
        return true;
    }

    private static long add(long hash, String text) {
        long h = hash;
        for (int i = 0; i < text.length(); i++) {
            h = (h ^ text.charAt(i)) * PRIME;
        }
        return (h ^ '\n') * PRIME;
    }
}
