// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** The foreign function interface and virtual threads. Compiled by the JDK that runs it. */
final class LaterScenarios {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle ALLOCATE;
    private static final MethodHandle CALL;
    private static final MemorySegment UPCALL;
    private static final long UNIT = 1 << 20;
    private static final long FIRST = 20;

    static {
        try {
            SymbolLookup library = SymbolLookup.libraryLookup(System.getProperty("golden.library"), Arena.global());
            ALLOCATE = LINKER.downcallHandle(
                    library.find("golden_allocate").orElseThrow(),
                    FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
            CALL = LINKER.downcallHandle(
                    library.find("golden_call").orElseThrow(), FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
            MethodHandle upcall = MethodHandles.lookup()
                    .findStatic(LaterScenarios.class, "upcall", MethodType.methodType(void.class));
            UPCALL = LINKER.upcallStub(upcall, FunctionDescriptor.ofVoid(), Arena.global());
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private LaterScenarios() {}

    static Scenario[] all() {
        return new Scenario[] {
            new Scenario("ffm-downcall", FIRST * UNIT, () -> downcall(16), () -> downcall(FIRST * UNIT)),
            new Scenario("ffm-upcall", (FIRST + 1) * UNIT, () -> {}, LaterScenarios::callUp),
            new Scenario("virtual-thread", (FIRST + 2) * UNIT, () -> {}, () -> virtual(false, (FIRST + 2) * UNIT)),
            new Scenario(
                    "virtual-thread-frozen", (FIRST + 3) * UNIT, () -> {}, () -> virtual(true, (FIRST + 3) * UNIT)),
        };
    }

    private static void downcall(long size) throws Throwable {
        Natives.release((long) ALLOCATE.invokeExact(size));
    }

    private static void callUp() throws Throwable {
        CALL.invokeExact(UPCALL);
    }

    private static void upcall() {
        Scenarios.leaf((FIRST + 1) * UNIT);
    }

    private static void virtual(boolean yields, long size) throws InterruptedException {
        Thread.ofVirtual().name("virtual").start(() -> outer(yields, size)).join();
    }

    private static void outer(boolean yields, long size) {
        middle(yields, size);
    }

    private static void middle(boolean yields, long size) {
        inner(yields, size);
    }

    private static void inner(boolean yields, long size) {
        if (yields) {
            Thread.yield();
        }
        Scenarios.leaf(size);
    }
}
