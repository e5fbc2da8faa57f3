// SPDX-License-Identifier: MIT
package io.dwunw.arch;

/** Record in which code compiled with frame pointers keeps the caller's frame pointer and the return address. */
public enum FrameRecord {
    /** Return address pushed by {@code call}, then the old frame pointer; CFA is two words above. */
    X86,
    /** The pair {@code x29, x30} at the frame pointer; the CFA is not known from it. */
    AARCH64,
    /** No convention that can be followed without looking at code. */
    NONE
}
