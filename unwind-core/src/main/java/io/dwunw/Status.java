// SPDX-License-Identifier: MIT
package io.dwunw;

/** Outcome of a request to the library. Each failure names the fallback that makes sense. */
public enum Status {
    /** Done as asked. */
    OK,
    /** An argument is unusable, or the context is closed. Fallback: none; correct the call. */
    INVALID_ARG,
    /** No CFI covers the pc. Fallback: the frame-pointer walk, if the request allows it. */
    NO_DEBUG_DATA,
    /**
     * The file could not be read, nor the module's image in memory, which a capture with a reader falls back to.
     * Fallback: frame pointers, if allowed.
     */
    IO,
    /**
     * All slots of the module cache are in use. Fallback: frame pointers, if allowed; release modules, or open the
     * context with more slots.
     */
    CACHE_FULL,
    /** The register set's architecture or version is unknown here. Fallback: none; keep the raw pc. */
    UNSUPPORTED_ARCH,
    /** The file is no ELF or its CFI is broken. Fallback: frame pointers, if allowed. */
    BAD_FORMAT,
    /**
     * The contract has it, but not for this input: a module of a sister ABI (x32, n32, n64) of a known architecture.
     * Fallback: keep the frames found so far.
     */
    NOT_IMPLEMENTED
}
