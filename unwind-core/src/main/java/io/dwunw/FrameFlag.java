// SPDX-License-Identifier: MIT
package io.dwunw;

/** Property of a frame beside its addresses. */
public enum FrameFlag {
    /** The request had no memory reader: this one frame is all that could be captured. */
    PARTIAL,
    /** The pc is exact, as in the innermost frame, not a return address. */
    EXACT_PC,
    /** Entered by a signal: the next frame was interrupted and has an exact pc. */
    SIGNAL,
    /** The way from this frame to its caller was found by the frame pointer, for want of CFI. */
    FRAME_POINTER
}
