// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/**
 * Name that readers see of one frame.
 *
 * @param className fully qualified with dots ({@code java.lang.Thread}), or the library's base name for a native frame
 *     ({@code libz}, see {@link #ofNative})
 * @param methodName the plain name, as exact as it is known; characters that a class file forbids are mapped on replay
 * @param descriptor the method's descriptor (JVMS 4.3.3), {@code ()V} for a native frame; a malformed one is replaced
 * @param line source line, 0 or less if unknown
 * @param text this frame's line in the event's {@code frames} field: exact names, module and offset
 * @param hidden whether readers are better off without it; such a frame is neither replayed nor in the text
 */
public record FrameName(String className, String methodName, String descriptor, int line, String text, boolean hidden) {

    /** The descriptor of every native frame. */
    public static final String NATIVE_DESCRIPTOR = "()V";

    private static final String GAP = "···";

    public static FrameName ofJava(String className, String methodName, String descriptor, int line, String text) {
        return new FrameName(className, methodName, descriptor, line, text, false);
    }

    /**
     * A native frame, shown as {@code libz.inflateInit2_()}.
     *
     * @param fileName the ELF file's name; everything from {@code .so} on is dropped, other dots are mapped, because
     *     readers would take what stands before a dot for a package
     */
    public static FrameName ofNative(String fileName, String function, String text) {
        return new FrameName(libraryName(fileName), function, NATIVE_DESCRIPTOR, 0, text, false);
    }

    /** A placeholder that says which frames are missing in its place. */
    public static FrameName ofGap(String missing) {
        return new FrameName(GAP, missing + ' ' + GAP, NATIVE_DESCRIPTOR, 0, GAP + ' ' + missing + ' ' + GAP, false);
    }

    private static String libraryName(String fileName) {
        int slash = fileName.lastIndexOf('/');
        String base = slash < 0 ? fileName : fileName.substring(slash + 1);
        int suffix = base.endsWith(".so") ? base.length() - 3 : base.indexOf(".so.", 1);
        return (suffix > 0 ? base.substring(0, suffix) : base).replace('.', '·');
    }
}
