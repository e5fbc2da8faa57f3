// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.List;

/**
 * One class file (JVMS 4): no fields, and methods whose only branch is one switch at their start. Not thread-safe.
 *
 * <p>By hand, because what replay generates takes a dozen instructions, and a library for all of them takes a dozen
 * times as long to load as the classes that it writes.
 */
final class ClassFile {
    static final int PUBLIC = 0x0001;
    static final int SUPER = 0x0020;
    static final int INTERFACE = 0x0200;
    static final int ABSTRACT = 0x0400;

    private static final int MAGIC = 0xcafe_babe;
    /** Java 6. */
    private static final int MAJOR_VERSION = 50;

    private static final int MAX_METHODS = 0xffff;

    private final ConstantPool pool = new ConstantPool();
    private final ClassFileBytes head = new ClassFileBytes();
    private final ClassFileBytes methods = new ClassFileBytes();
    private int methodCount;

    ClassFile(int access, String name, String superclass, List<String> interfaces) {
        head.u2(access).u2(pool.classNamed(name)).u2(pool.classNamed(superclass));
        head.u2(interfaces.size());
        for (String implemented : interfaces) {
            head.u2(pool.classNamed(implemented));
        }
        head.u2(0); // fields
    }

    ConstantPool pool() {
        return pool;
    }

    void abstractMethod(String name, String descriptor) {
        methodHead(PUBLIC | ABSTRACT, name, descriptor);
        methods.u2(0); // attributes
    }

    /** A public method. */
    void method(String name, String descriptor, MethodCode code, int maxStack, int maxLocals) {
        methodHead(PUBLIC, name, descriptor);
        methods.u2(1).u2(pool.utf8("Code"));
        ClassFileBytes attributes = new ClassFileBytes();
        int count = code.attributes(attributes, pool);
        methods.u4(12 + code.bytes().length() + attributes.length());
        methods.u2(maxStack).u2(maxLocals);
        methods.u4(code.bytes().length()).all(code.bytes());
        methods.u2(0); // exception handlers
        methods.u2(count).all(attributes);
    }

    private void methodHead(int access, String name, String descriptor) {
        if (methodCount == MAX_METHODS) {
            throw new IllegalStateException("too many methods for one class");
        }
        methodCount++;
        methods.u2(access).u2(pool.utf8(name)).u2(pool.utf8(descriptor));
    }

    byte[] toArray() {
        ClassFileBytes out = new ClassFileBytes();
        out.u4(MAGIC).u2(0).u2(MAJOR_VERSION);
        pool.writeTo(out);
        out.all(head).u2(methodCount).all(methods);
        out.u2(0); // attributes
        return out.toArray();
    }
}
