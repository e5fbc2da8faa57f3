// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.HashMap;
import java.util.Map;

/** The constants of one class file, each once (JVMS 4.4). Every method returns an index. Not thread-safe. */
final class ConstantPool {
    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int FIELD = 9;
    private static final int METHOD = 10;
    private static final int INTERFACE_METHOD = 11;
    private static final int NAME_AND_TYPE = 12;

    /** {@code constant_pool_count} has 16 bits, and counts one more than there are. */
    private static final int MAX_COUNT = 0xfffe;

    private final ClassFileBytes bytes = new ClassFileBytes();
    private final Map<String, Integer> texts = new HashMap<>();
    /** By tag and the two indexes that a constant is made of. */
    private final Map<Long, Integer> others = new HashMap<>();

    private int count;

    int utf8(String text) {
        Integer known = texts.get(text);
        if (known != null) {
            return known;
        }
        int index = next();
        bytes.u1(UTF8).utf8(text);
        texts.put(text, index);
        return index;
    }

    int classNamed(String internalName) {
        return other(CLASS, utf8(internalName), 0);
    }

    int field(String owner, String name, String descriptor) {
        return member(FIELD, owner, name, descriptor);
    }

    int method(String owner, String name, String descriptor) {
        return member(METHOD, owner, name, descriptor);
    }

    int interfaceMethod(String owner, String name, String descriptor) {
        return member(INTERFACE_METHOD, owner, name, descriptor);
    }

    private int member(int tag, String owner, String name, String descriptor) {
        return other(tag, classNamed(owner), other(NAME_AND_TYPE, utf8(name), utf8(descriptor)));
    }

    private int other(int tag, int first, int second) {
        long key = (long) tag << 32 | (long) first << 16 | second;
        Integer known = others.get(key);
        if (known != null) {
            return known;
        }
        int index = next();
        bytes.u1(tag).u2(first);
        if (tag != CLASS) {
            bytes.u2(second);
        }
        others.put(key, index);
        return index;
    }

    private int next() {
        if (count == MAX_COUNT) {
            throw new IllegalStateException("too many constants for one class");
        }
        return ++count;
    }

    void writeTo(ClassFileBytes out) {
        out.u2(count + 1).all(bytes);
    }
}
