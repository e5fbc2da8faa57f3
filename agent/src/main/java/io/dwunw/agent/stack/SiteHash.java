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

    /** Proxies, and reflection's accessors: numbered in the order in which they happen to be made. */
    private static final String PROXY = "$Proxy";

    private static final String ACCESSOR = "jdk.internal.reflect.Generated";
    /** A library that a program unpacks into a file of its own has a random number in its name, longer than a version. */
    private static final int RANDOM_DIGITS = 6;

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
        String name = slash < 0 ? className : className.substring(0, slash);
        boolean numbered = name.startsWith(PROXY, name.lastIndexOf('.') + 1) || name.startsWith(ACCESSOR);
        return withoutNumbers(name, numbered ? 1 : RANDOM_DIGITS);
    }

    /** Leaves out every number of at least so many digits. */
    private static String withoutNumbers(String name, int fewestDigits) {
        StringBuilder kept = new StringBuilder(name.length());
        int at = 0;
        while (at < name.length()) {
            int end = at;
            while (end < name.length() && isDigit(name.charAt(end))) {
                end++;
            }
            if (end - at < fewestDigits) {
                end = Math.max(end, at + 1);
                kept.append(name, at, end);
            }
            at = end;
        }
        return kept.toString();
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static long add(long hash, String text) {
        long h = hash;
        for (int i = 0; i < text.length(); i++) {
            h = (h ^ text.charAt(i)) * PRIME;
        }
        return (h ^ '\n') * PRIME;
    }
}
