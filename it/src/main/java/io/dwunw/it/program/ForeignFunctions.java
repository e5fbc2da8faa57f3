// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** The foreign function interface, by reflection: this is compiled for JDKs that have no such thing. */
final class ForeignFunctions {
    private final Object arena;
    private final Object linker;
    private final Object options = Array.newInstance(type("Linker$Option"), 0);

    ForeignFunctions() throws ReflectiveOperationException {
        arena = type("Arena").getMethod("global").invoke(null);
        linker = type("Linker").getMethod("nativeLinker").invoke(null);
    }

    /** A function of the C library that takes a {@code long} and returns an address as one. */
    MethodHandle standard(String function) throws ReflectiveOperationException {
        Object library = type("Linker").getMethod("defaultLookup").invoke(linker);
        Object address =
                type("SymbolLookup").getMethod("findOrThrow", String.class).invoke(library, function);
        Object layouts = Array.newInstance(type("MemoryLayout"), 1);
        Array.set(layouts, 0, layout(long.class));
        Object descriptor = type("FunctionDescriptor")
                .getMethod("of", type("MemoryLayout"), layouts.getClass())
                .invoke(null, layout(long.class), layouts);
        Method downcall = type("Linker")
                .getMethod("downcallHandle", type("MemorySegment"), type("FunctionDescriptor"), options.getClass());
        return (MethodHandle) downcall.invoke(linker, address, descriptor, options);
    }

    /** A function of {@link NativeBlocks}' library that returns nothing. */
    MethodHandle downcall(String function, Class<?>... parameters) throws ReflectiveOperationException {
        Object[] layouts =
                Arrays.stream(parameters).map(ForeignFunctions::layout).toArray();
        return downcallOf(function, layouts);
    }

    /** A function {@code void function(callback, long, int)}, bound to its callback. */
    MethodHandle downcallWith(String function, Object callback) throws ReflectiveOperationException {
        MethodHandle handle = downcallOf(function, constant("ADDRESS"), layout(long.class), layout(int.class));
        return MethodHandles.insertArguments(handle, 0, callback);
    }

    /** The address of a function that calls {@code target}, which returns nothing. */
    Object upcall(MethodHandle target, Class<?>... parameters) throws ReflectiveOperationException {
        Object descriptor = descriptor(
                Arrays.stream(parameters).map(ForeignFunctions::layout).toArray());
        Method stub = type("Linker")
                .getMethod(
                        "upcallStub",
                        MethodHandle.class,
                        type("FunctionDescriptor"),
                        type("Arena"),
                        options.getClass());
        return stub.invoke(linker, target, descriptor, arena, options);
    }

    private MethodHandle downcallOf(String function, Object... layouts) throws ReflectiveOperationException {
        Object library = type("SymbolLookup")
                .getMethod("libraryLookup", Path.class, type("Arena"))
                .invoke(null, NativeBlocks.library(), arena);
        Object address =
                type("SymbolLookup").getMethod("findOrThrow", String.class).invoke(library, function);
        Method downcall = type("Linker")
                .getMethod("downcallHandle", type("MemorySegment"), type("FunctionDescriptor"), options.getClass());
        return (MethodHandle) downcall.invoke(linker, address, descriptor(layouts), options);
    }

    private static Object descriptor(Object... layouts) throws ReflectiveOperationException {
        Object typed = Array.newInstance(type("MemoryLayout"), layouts.length);
        for (int i = 0; i < layouts.length; i++) {
            Array.set(typed, i, layouts[i]);
        }
        return type("FunctionDescriptor").getMethod("ofVoid", typed.getClass()).invoke(null, typed);
    }

    private static Object layout(Class<?> primitive) {
        return constant("JAVA_" + primitive.getName().toUpperCase(Locale.ROOT));
    }

    private static Object constant(String name) {
        try {
            return type("ValueLayout").getField(name).get(null);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException(name, e);
        }
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName("java.lang.foreign." + name);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
