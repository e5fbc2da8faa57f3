package io.dwunw.jfr;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One frame calling the next: what a generated method is made from. Names are those of the class file.
 *
 * @param className internal form
 * @param line 1 to 65535, or 0 for none
 * @param callee null if this is the innermost frame, which commits the event
 */
record CallEdge(
        String className,
        Signature method,
        int line,
        @Nullable Signature callee) {
    private static final int MAX_LINE = 0xffff;

    static CallEdge of(FrameName frame, Signature method, @Nullable Signature callee) {
        int line = frame.line() < 0 || frame.line() > MAX_LINE ? 0 : frame.line();
        return new CallEdge(ClassFileNames.className(frame.className()), method, line, callee);
    }

    // By hand, here and below: the first use of what a record brings along costs an application 40 ms of its start.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof CallEdge edge
                && line == edge.line
                && className.equals(edge.className)
                && method.equals(edge.method)
                && Objects.equals(callee, edge.callee);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * (31 * className.hashCode() + method.hashCode()) + line) + Objects.hashCode(callee);
    }

    /** Name and descriptor: what makes a method distinct within its class. */
    record Signature(String name, MethodDescriptor descriptor) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Signature signature
                    && name.equals(signature.name)
                    && descriptor.text().equals(signature.descriptor.text());
        }

        @Override
        public int hashCode() {
            return 31 * name.hashCode() + descriptor.text().hashCode();
        }

        static Signature of(FrameName frame) {
            return new Signature(
                    ClassFileNames.methodName(frame.methodName()), MethodDescriptor.of(frame.descriptor()));
        }
    }
}
