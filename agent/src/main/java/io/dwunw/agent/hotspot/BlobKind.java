// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** Kind of a code blob, as far as walking through its frame goes. */
enum BlobKind {
    /** Code of a compiled Java method. */
    NMETHOD,
    /** The compiled way from Java into one native method. */
    NATIVE_WRAPPER,
    INTERPRETER,
    /** Moves arguments between interpreted and compiled code; has no frame. */
    ADAPTER,
    /** Dispatches a virtual or interface call; has no frame. */
    VTABLE,
    /** Call stub, barriers, copy loops: hand-written code with a frame pointer, where it has a frame. */
    STUB_ROUTINES,
    /** The seam between a virtual thread's frames and its carrier's. */
    CONTINUATION_STUB,
    /** Entry from native code by the foreign function interface. */
    UPCALL,
    /** Any other code that calls the JVM's runtime: a fixed frame. */
    RUNTIME_STUB;

    /** By the name that HotSpot gives the blob; the same in JDK 17, 21 and 25 but for what is noted. */
    static BlobKind ofName(String name) {
        if (name.equals("nmethod")) {
            return NMETHOD;
        }
        if (name.equals("native nmethod")) {
            return NATIVE_WRAPPER;
        }
        if (name.equals("Interpreter")) {
            return INTERPRETER;
        }
        if (name.equals("I2C/C2I adapters") || name.equals("MethodHandles adapters")) {
            return ADAPTER;
        }
        if (name.equals("vtable chunks")) {
            return VTABLE;
        }
        if (name.startsWith("upcall_stub")) {
            return UPCALL;
        }
        if (name.startsWith("StubRoutines")) {
            // JDK 21: "StubRoutines (continuation stubs)", 25: "StubRoutines (continuationstubs)".
            return name.contains("continuation") ? CONTINUATION_STUB : STUB_ROUTINES;
        }
        return RUNTIME_STUB;
    }
}
