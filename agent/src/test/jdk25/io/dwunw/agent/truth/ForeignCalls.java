// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Calls by the foreign function interface. Compiled by the JDK that runs it. */
final class ForeignCalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final FunctionDescriptor NOTHING = FunctionDescriptor.ofVoid();
    private static final MethodHandle LEAF;
    private static final MethodHandle CALL;
    private static final MemorySegment RECORD_TRUTH;
    private static final MemorySegment GO_DEEPER;
    private static final ArrayDeque<Runnable> PENDING = new ArrayDeque<>();

    static {
        try {
            SymbolLookup library = SymbolLookup.libraryLookup(System.getProperty("truth.library"), Arena.global());
            LEAF = LINKER.downcallHandle(
                    library.find("truth_foreign_leaf").orElseThrow(),
                    FunctionDescriptor.ofVoid(ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            CALL = LINKER.downcallHandle(
                    library.find("truth_foreign_call").orElseThrow(), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
            MethodHandle record = LOOKUP.findStatic(Truth.class, "record", MethodType.methodType(void.class));
            RECORD_TRUTH = LINKER.upcallStub(record, NOTHING, Arena.global());
            MethodHandle deeper = LOOKUP.findStatic(ForeignCalls.class, "goDeeper", MethodType.methodType(void.class));
            GO_DEEPER = LINKER.upcallStub(deeper, NOTHING, Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private ForeignCalls() {}

    static Step[] all() {
        return new Step[] {ForeignCalls::leaf, ForeignCalls::leaf, ForeignCalls::upcall, ForeignCalls::upcall};
    }

    private static void leaf(Descent descent, int depth) throws Throwable {
        ByteBuffer record = descent.foreignLeaf();
        LEAF.invokeExact(MemorySegment.ofBuffer(record), record.capacity(), RECORD_TRUTH);
    }

    private static void upcall(Descent descent, int depth) throws Throwable {
        PENDING.push(() -> descent.deeperQuietly(depth));
        CALL.invokeExact(GO_DEEPER);
    }

    /** The target of the one upcall stub: it has to outlive the walk. */
    private static void goDeeper() {
        PENDING.pop().run();
    }
}
