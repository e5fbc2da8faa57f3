// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Classes that are loaded, used once and dropped. Each has a name and a method name of its own, of the same length, so
 * that all have the same layout: the memory of one fits the next, which is what fools a reader that trusts addresses.
 */
final class Throwaways {
    private static final String NUMBER = "00000";
    private static final String CLASS_NAME = "io.dwunw.agent.truth.Throwaway" + NUMBER;
    private static final int LIMIT = 100_000;

    private final byte[] template;
    private volatile int made;

    Throwaways() throws IOException {
        String resource = "Throwaway" + NUMBER + ".class";
        try (InputStream in = Throwaways.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("no " + resource);
            }
            template = in.readAllBytes();
        }
    }

    /** The number of the last class. */
    int made() {
        return made;
    }

    /** A fresh class in a fresh loader. */
    Step next() throws ReflectiveOperationException {
        String number = String.format("%05d", number());
        byte[] code = template.clone();
        byte[] from = NUMBER.getBytes(StandardCharsets.US_ASCII);
        byte[] to = number.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i + from.length <= code.length; i++) {
            if (matches(code, i, from)) {
                System.arraycopy(to, 0, code, i, to.length);
            }
        }
        Class<?> type = new Loader().define(CLASS_NAME.replace(NUMBER, number), code);
        return (Step) type.getDeclaredConstructor().newInstance();
    }

    private synchronized int number() {
        made = (made + 1) % LIMIT;
        return made;
    }

    private static boolean matches(byte[] in, int at, byte[] what) {
        for (int i = 0; i < what.length; i++) {
            if (in[at + i] != what[i]) {
                return false;
            }
        }
        return true;
    }

    private static final class Loader extends ClassLoader {
        Loader() {
            super(Throwaways.class.getClassLoader());
        }

        Class<?> define(String name, byte[] code) {
            return defineClass(name, code, 0, code.length);
        }
    }
}
