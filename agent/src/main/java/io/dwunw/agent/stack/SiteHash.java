package io.dwunw.agent.stack;

import io.dwunw.jfr.FrameName;
import java.util.List;

/**
 * The identity of an allocation site: a hash of its frames' names. The same site has the same hash in the next run, on
 * another machine, and after lines have moved, because neither addresses nor lines go into it.
 *
 * <p>64-bit FNV-1a over UTF-16 code units, then mixed: two sites in a million share a hash with a probability of 1 in 37
 * million.
 */
public final class SiteHash {
    private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
    private static final long PRIME = 0x100000001b3L;
    /** Of anything generated at run time: numbered differently in each run. */
    private static final String LAMBDA = "$$Lambda";

    private SiteHash() {}

    /** The site of a stack; frames that readers do not see do not count. */
    public static long of(List<FrameName> innermostFirst) {
        long hash = OFFSET_BASIS;
        for (FrameName frame : innermostFirst) {
            if (!frame.hidden()) {
                hash = add(hash, stableClassName(frame.className()));
                hash = add(hash, frame.methodName());
                hash = add(hash, frame.descriptor());
            }
        }
        hash ^= hash >>> 32;
        hash *= 0x9e37_79b9_7f4a_7c15L;
        return hash ^ hash >>> 29;
    }

    private static String stableClassName(String className) {
        int lambda = className.indexOf(LAMBDA);
        if (lambda >= 0) {
            return className.substring(0, lambda + LAMBDA.length());
        }
        // Hidden classes: Class.getName() ends in a slash and an address or a number.
        int slash = className.lastIndexOf('/');
        return slash < 0 ? className : className.substring(0, slash);
    }

    private static long add(long hash, String text) {
        long h = hash;
        for (int i = 0; i < text.length(); i++) {
            h = (h ^ text.charAt(i)) * PRIME;
        }
        return (h ^ '\n') * PRIME;
    }
}
