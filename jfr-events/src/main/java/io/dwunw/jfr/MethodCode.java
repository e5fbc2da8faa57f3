// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/**
 * The instructions of one method under construction, with their source lines, and the places that its switch leads to.
 * Not thread-safe.
 */
final class MethodCode {
    /** {@code same_frame} of a stack map says up to this distance by itself (JVMS 4.7.4). */
    private static final int MAX_SHORT_DISTANCE = 63;

    private static final int SAME_FRAME_EXTENDED = 251;

    private final ClassFileBytes bytes = new ClassFileBytes();
    private final ClassFileBytes lines = new ClassFileBytes();
    private final ClassFileBytes frames = new ClassFileBytes();
    private int lineCount;
    private int frameCount;
    private int lastFrame = -1;

    ClassFileBytes bytes() {
        return bytes;
    }

    /**
     * What follows belongs to this source line.
     *
     * @param line 1 to 65535, or 0 for none
     */
    void line(int line) {
        if (line > 0) {
            lineCount++;
            lines.u2(bytes.length()).u2(line);
        }
    }

    /** The switch leads here: the verifier finds the method's parameters in the locals, and nothing on the stack. */
    void target() {
        int distance = bytes.length() - lastFrame - 1;
        if (distance > MAX_SHORT_DISTANCE) {
            frames.u1(SAME_FRAME_EXTENDED).u2(distance);
        } else {
            frames.u1(distance);
        }
        lastFrame = bytes.length();
        frameCount++;
    }

    /** Writes the attributes of the code attribute; how many they are. */
    int attributes(ClassFileBytes out, ConstantPool pool) {
        return attribute("LineNumberTable", lineCount, lines, out, pool)
                + attribute("StackMapTable", frameCount, frames, out, pool);
    }

    private static int attribute(String name, int count, ClassFileBytes table, ClassFileBytes out, ConstantPool pool) {
        if (count == 0) {
            return 0;
        }
        out.u2(pool.utf8(name)).u4(2 + table.length()).u2(count).all(table);
        return 1;
    }
}
