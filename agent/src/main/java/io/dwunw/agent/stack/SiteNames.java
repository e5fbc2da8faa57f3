// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import java.util.Set;

/**
 * Names that frames have in a {@link SiteHash}: names without what is numbered or drawn anew in each run, build or
 * version.
 */
final class SiteNames {
    /**
     * In names of classes that were generated at run time: what stands before it is the class that it was generated
     * for.
     */
    private static final String[] GENERATED_FOR = {"$$", "_$$_", "$ByteBuddy$", "$HibernateProxy$", "$MockitoMock$"};

    private static final String PROXY = "$Proxy";
    private static final String LAMBDA_CLASS = "$$Lambda";
    private static final String LAMBDA_METHOD = "lambda$";
    private static final String SCALA_LAMBDA_METHOD = "$anonfun$";
    private static final String CGLIB_METHOD = "CGLIB$";

    /**
     * Of reflection and method handles; which of these are on a stack depends on how often a call was made, and on the
     * JDK.
     */
    private static final String[] PLUMBING = {
        "jdk.internal.reflect.", "java.lang.reflect.", "sun.reflect.", "java.lang.invoke.", "jdk.internal.foreign.abi."
    };

    /** Packages of the JDK's own classes, as far as they have native methods. */
    private static final String[] JDK_PACKAGES = {"java.", "jdk.", "sun.", "com.sun.", "javax."};

    /**
     * The JDK's own libraries, and those that its distributors either compile into one of them or link to: names as
     * {@link #library} returns them.
     */
    private static final Set<String> JDK_LIBRARIES = Set.of(
            "libjvm",
            "libjava",
            "libzip",
            "libnio",
            "libnet",
            "libextnet",
            "libjimage",
            "libjli",
            "libverify",
            "libmanagement",
            "libmanagement-agent",
            "libmanagement-ext",
            "libinstrument",
            "libattach",
            "libprefs",
            "libsctp",
            "libjgss",
            "libjpcsc",
            "libjpkcs",
            "libjaas",
            "libawt",
            "libawt-headless",
            "libawt-xawt",
            "libjawt",
            "libfontmanager",
            "libmlib-image",
            "libjavajpeg",
            "libsplashscreen",
            "libjsound",
            "libfreetype",
            "libharfbuzz",
            "libjpeg",
            "liblcms",
            "libpng",
            "libgif",
            "libz");

    private static final String VIRTUAL_THREAD = "java.lang.VirtualThread";
    private static final String CONTINUATION = "jdk.internal.vm.Continuation";

    /** What a random number in a class's name has at least, and a year or a version has not. */
    private static final int RANDOM_DIGITS = 6;
    /** A word of hexadecimal digits in a library's name is random from this length on. */
    private static final int RANDOM_HEX = 8;
    /** The lengths of the groups of a UUID. */
    private static final int[] UUID = {8, 4, 4, 4, 12};

    private SiteNames() {}

    /**
     * A library's name without version, suffix, and what it was given when it was unpacked: {@code libfoo.so.1.2},
     * {@code libfoo-1.2.so} and {@code foo-1.2-3d6f0a1c-….so} differ in words of digits, and those do not count.
     */
    static String library(String fileName) {
        String base = withoutSuffix(fileName);
        StringBuilder kept = new StringBuilder(base.length());
        int at = 0;
        while (at < base.length()) {
            int uuid = uuidEnd(base, at);
            int end = uuid > at ? uuid : wordEnd(base, at);
            if (uuid <= at && !isRandom(base, at, end)) {
                keepWord(kept, base, at, end);
            }
            at = end + 1;
        }
        return kept.isEmpty() ? base : kept.toString();
    }

    private static String withoutSuffix(String fileName) {
        int suffix = fileName.endsWith(".so") ? fileName.length() - 3 : fileName.indexOf(".so.");
        if (suffix <= 0) {
            suffix = fileName.endsWith(".tmp") ? fileName.length() - 4 : fileName.length();
        }
        return fileName.substring(0, suffix);
    }

    private static int wordEnd(String name, int from) {
        int end = from;
        while (end < name.length() && !isSeparator(name.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isSeparator(char c) {
        return c == '-' || c == '_' || c == '.';
    }

    /** Where a UUID ends that begins here; else {@code from}. */
    private static int uuidEnd(String name, int from) {
        int at = from;
        for (int group = 0; group < UUID.length; group++) {
            for (int i = 0; i < UUID[group]; i++, at++) {
                if (at >= name.length() || !isHex(name.charAt(at))) {
                    return from;
                }
            }
            boolean last = group == UUID.length - 1;
            if (at < name.length() && (last ? !isSeparator(name.charAt(at)) : name.charAt(at) != '-')) {
                return from;
            }
            at += last ? 0 : 1;
        }
        return at;
    }

    private static boolean isRandom(String name, int from, int to) {
        boolean digits = false;
        for (int i = from; i < to; i++) {
            if (!isHex(name.charAt(i))) {
                return false;
            }
            digits |= isDigit(name.charAt(i));
        }
        return digits && to - from >= RANDOM_HEX;
    }

    /** Without its digits. */
    private static void keepWord(StringBuilder kept, String name, int from, int to) {
        int before = kept.length();
        for (int i = from; i < to; i++) {
            if (!isDigit(name.charAt(i))) {
                if (kept.length() == before && before > 0) {
                    kept.append('-');
                    before++;
                }
                kept.append(name.charAt(i));
            }
        }
    }

    /** Whether frames of the class come and go though the application does the same. */
    static boolean isPlumbing(String className) {
        return startsWithAny(className, PLUMBING) || className.indexOf(LAMBDA_CLASS) >= 0;
    }

    /** Whether the class is the JDK's. */
    static boolean isOfJdk(String className) {
        return startsWithAny(className, JDK_PACKAGES);
    }

    /**
     * Whether a library belongs to the JDK, or does in some distributions.
     *
     * @param library as {@link #library} returns it
     */
    static boolean isLibraryOfJdk(String library) {
        return JDK_LIBRARIES.contains(library);
    }

    /** Whether the frame and all that are further out only start or mount a virtual thread. */
    static boolean isCarrier(String className, String method) {
        return (className.equals(VIRTUAL_THREAD) && method.equals("run"))
                || (className.equals(CONTINUATION) && (method.equals("run") || method.startsWith("enter")));
    }

    private static boolean startsWithAny(String name, String[] prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }

    /** The class, or the class that it was generated for; numbers of six digits and more do not count. */
    static String className(String className) {
        int simple = className.lastIndexOf('.') + 1;
        if (className.startsWith(PROXY, simple)) {
            return PROXY;
        }
        // Hidden classes: Class.getName() ends in a slash and an address or a number.
        int slash = className.indexOf('/');
        String name = slash < 0 ? className : className.substring(0, slash);
        int end = name.length();
        for (String mark : GENERATED_FOR) {
            int at = name.indexOf(mark, simple + 1);
            end = at > 0 ? Math.min(end, at) : end;
        }
        return withoutNumbers(name.substring(0, end));
    }

    /** The method; lambdas and what CGLIB generates without the compiler's numbers. */
    static String method(String method) {
        if (method.startsWith(LAMBDA_METHOD) || method.startsWith(SCALA_LAMBDA_METHOD)) {
            return withoutLastNumber(method);
        }
        if (method.startsWith(CGLIB_METHOD)) {
            return withoutLastNumber(method).substring(CGLIB_METHOD.length());
        }
        return method;
    }

    /** Without a number behind the last dollar sign. */
    private static String withoutLastNumber(String method) {
        int dollar = method.lastIndexOf('$');
        for (int i = dollar + 1; i < method.length(); i++) {
            if (!isDigit(method.charAt(i))) {
                return method;
            }
        }
        return dollar < LAMBDA_METHOD.length() - 1 ? method : method.substring(0, dollar);
    }

    private static String withoutNumbers(String name) {
        StringBuilder kept = new StringBuilder(name.length());
        int at = 0;
        while (at < name.length()) {
            int end = at;
            while (end < name.length() && isDigit(name.charAt(end))) {
                end++;
            }
            if (end - at < RANDOM_DIGITS) {
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

    private static boolean isHex(char c) {
        return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
}
