// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One frame calling the next: what a generated method is made from. Names are those of the class file.
 *
 * <p>Each stack that is replayed for the first time looks up all its edges: hashes are kept, here and below, and
 * nothing is a record, since the first use of what a record brings along costs an application 40 ms of its start.
 */
final class CallEdge {
    private final Caller caller;
    /** Null if this is the innermost frame, which commits the event. */
    private final @Nullable Signature callee;

    private final int hash;

    CallEdge(Caller caller, @Nullable Signature callee) {
        this.caller = caller;
        this.callee = callee;
        this.hash = 31 * caller.hash + (callee == null ? 0 : callee.hash);
    }

    /** Internal form. */
    String className() {
        return caller.className;
    }

    Signature method() {
        return caller.method;
    }

    /** 1 to 65535, or 0 for none. */
    int line() {
        return caller.line;
    }

    @Nullable
    Signature callee() {
        return callee;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CallEdge edge
                && hash == edge.hash
                && caller.equals(edge.caller)
                && Objects.equals(callee, edge.callee);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return caller.className + '.' + caller.method.name + ':' + caller.line;
    }

    /** A frame, as the method of a generated class that stands for it. */
    static final class Caller {
        private static final int MAX_LINE = 0xffff;

        private final String className;
        private final Signature method;
        private final int line;
        private final int hash;

        /**
         * With names that a class file may contain.
         *
         * @param className internal form
         * @param line 1 to 65535, or 0 for none
         */
        Caller(String className, Signature method, int line) {
            this.className = className;
            this.method = method;
            this.line = line;
            this.hash = 31 * (31 * className.hashCode() + method.hash) + line;
        }

        static Caller of(FrameName frame) {
            int line = frame.line() < 0 || frame.line() > MAX_LINE ? 0 : frame.line();
            Signature method = new Signature(
                    ClassFileNames.methodName(frame.methodName()), MethodDescriptor.of(frame.descriptor()));
            return new Caller(ClassFileNames.className(frame.className()), method, line);
        }

        Signature method() {
            return method;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other == this
                    || (other instanceof Caller caller
                            && hash == caller.hash
                            && line == caller.line
                            && className.equals(caller.className)
                            && method.equals(caller.method));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** Name and descriptor: what makes a method distinct within its class. */
    static final class Signature {
        private final String name;
        private final MethodDescriptor descriptor;
        private final int hash;

        Signature(String name, MethodDescriptor descriptor) {
            this.name = name;
            this.descriptor = descriptor;
            this.hash = 31 * name.hashCode() + descriptor.text().hashCode();
        }

        String name() {
            return name;
        }

        MethodDescriptor descriptor() {
            return descriptor;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other == this
                    || (other instanceof Signature signature
                            && hash == signature.hash
                            && name.equals(signature.name)
                            && descriptor.text().equals(signature.descriptor.text()));
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }
}
