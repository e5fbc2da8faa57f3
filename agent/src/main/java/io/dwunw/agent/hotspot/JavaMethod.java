// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * One Java method as the JVM describes it.
 *
 * @param className as {@link Class#getName()} gives it
 * @param descriptor JVMS 4.3.3
 * @param sourceFile as the class file names it; "" if it does not
 * @param hidden whether {@link Throwable} leaves its frames out
 * @param isNative whether it is a native method
 */
public record JavaMethod(
        String className,
        String methodName,
        String descriptor,
        String sourceFile,
        boolean hidden,
        boolean isNative,
        LineTable lines) {

    /** A method that is not known any more. */
    public static final JavaMethod UNKNOWN =
            new JavaMethod("unknown", "unknown", "()V", "", false, false, LineTable.NONE);

    /** The line number of a native method, as in {@link StackTraceElement}. */
    private static final int NATIVE_LINE = -2;

    private static final int NO_LINE = -1;

    /** By hand, with {@link #hashCode}: the first use of what a record brings along costs 40 ms of a start. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof JavaMethod that
                && methodName.equals(that.methodName)
                && className.equals(that.className)
                && descriptor.equals(that.descriptor)
                && sourceFile.equals(that.sourceFile)
                && hidden == that.hidden
                && isNative == that.isNative
                && lines.equals(that.lines);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * className.hashCode() + methodName.hashCode()) + descriptor.hashCode();
    }

    /** The source line; -2 for a native method, -1 if unknown. */
    public int line(int bci) {
        if (isNative) {
            return NATIVE_LINE;
        }
        return bci < 0 ? NO_LINE : lines.line(bci);
    }

    /** One line of a stack trace, as {@link StackTraceElement#toString()} writes it without module or loader. */
    public String text(int bci) {
        int line = line(bci);
        String place;
        if (line == NATIVE_LINE) {
            place = "Native Method";
        } else if (sourceFile.isEmpty()) {
            place = "Unknown Source";
        } else {
            place = line > 0 ? sourceFile + ":" + line : sourceFile;
        }
        return className + "." + methodName + "(" + place + ")";
    }
}
