// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import io.dwunw.it.program.JavaTraces.Way;
import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The ways that Java has of calling, as {@link JavaTraces} uses them: each leads to {@link JavaTraces#leaf}. */
final class CallKinds {
    private static final MethodType LONG_TO_VOID = MethodType.methodType(void.class, long.class);
    /** What a class to be initialised has to allocate. */
    private static long initialising;

    private static int initialised;

    private CallKinds() {}

    static List<Way> all() throws ReflectiveOperationException, IOException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandle leaf = lookup.findStatic(JavaTraces.class, "leaf", LONG_TO_VOID);
        MethodHandle boxed = leaf.asType(MethodType.methodType(void.class, Object.class));
        MethodHandle spread = leaf.asSpreader(Object[].class, 1);
        MethodHandle doubled = MethodHandles.filterArguments(
                leaf, 0, lookup.findStatic(Math.class, "abs", MethodType.methodType(long.class, long.class)));
        Method reflected = CallKinds.class.getDeclaredMethod("plain", long.class);
        Constructor<Constructed> constructor = Constructed.class.getDeclaredConstructor(long.class);
        Runnable[] hidden = {null};
        long[] forHidden = {0};
        hidden[0] = hiddenRunnable(lookup, () -> JavaTraces.leaf(forHidden[0]));
        LongConsumer reference = CallKinds::plain;
        Shape shape = new Circle();
        return List.of(
                JavaTraces::leaf,
                CallKinds::plain,
                size -> plain(size),
                size -> reference.accept(size),
                size -> {
                    leaf.invokeExact(size);
                },
                size -> boxed.invoke((Object) size),
                size -> spread.invoke(new Object[] {size}),
                size -> {
                    doubled.invokeExact(size);
                },
                size -> reflected.invoke(null, size),
                size -> constructor.newInstance(size),
                CallKinds::proxied,
                size -> {
                    forHidden[0] = size;
                    hidden[0].run();
                },
                size -> LongStream.of(size).filter(each -> each > 0).forEach(JavaTraces::leaf),
                size -> Stream.of(size).map(Long::longValue).forEach(each -> plain(each)),
                CallKinds::bridged,
                size -> shape.draw(size),
                CallKinds::anonymous,
                CallKinds::caught,
                CallKinds::synchronizedBlock,
                size -> recursive(size, 5),
                CallKinds::switched,
                CallKinds::initialiser);
    }

    private static void plain(long size) {
        JavaTraces.leaf(size);
    }

    private static void proxied(long size) {
        Runnable proxy = (Runnable) Proxy.newProxyInstance(
                CallKinds.class.getClassLoader(), new Class<?>[] {Runnable.class}, (self, method, arguments) -> {
                    plain(size);
                    return null;
                });
        proxy.run();
    }

    /** A class that no loader knows: its name has an address in it. */
    private static Runnable hiddenRunnable(MethodHandles.Lookup lookup, Runnable then)
            throws ReflectiveOperationException, IOException {
        try (InputStream in = CallKinds.class.getResourceAsStream("CallKinds$Template.class")) {
            if (in == null) {
                throw new IOException("no class file");
            }
            Class<?> hidden = lookup.defineHiddenClass(in.readAllBytes(), true).lookupClass();
            return (Runnable) hidden.getDeclaredConstructor(Runnable.class).newInstance(then);
        }
    }

    /** The comparator's method is called by way of its bridge. */
    private static void bridged(long size) {
        new TreeSet<>(new Leading(size)).add("one");
    }

    private static void anonymous(long size) {
        new Object() {
            void inner() {
                plain(size);
            }
        }.inner();
    }

    private static void caught(long size) {
        try {
            throw new IllegalStateException("as planned");
        } catch (IllegalStateException expected) {
            JavaTraces.leaf(size);
        } finally {
            initialising = 0;
        }
    }

    private static void synchronizedBlock(long size) {
        Object lock = new Object();
        synchronized (lock) {
            plain(size);
        }
    }

    private static int recursive(long size, int levels) {
        if (levels == 0) {
            plain(size);
            return 0;
        }
        return 1 + recursive(size, levels - 1);
    }

    private static void switched(long size) {
        switch ("case" + size % 2) {
            case "case0" -> plain(size);
            default -> JavaTraces.leaf(size);
        }
    }

    /** Native code of the JVM calls the initialiser. Each class is initialised once. */
    private static void initialiser(long size) throws ClassNotFoundException {
        if (size >= JavaTraces.FIRST_SIZE) {
            initialising = size;
            Class.forName(CallKinds.class.getName() + "$Initialised" + initialised++);
        }
    }

    private static final class Constructed {
        @SuppressWarnings("unused") // by reflection
        Constructed(long size) {
            plain(size);
        }
    }

    private record Leading(long size) implements Comparator<String> {
        @Override
        public int compare(String one, String other) {
            plain(size);
            return one.compareTo(other);
        }
    }

    private interface Shape {
        default void draw(long size) {
            plain(size);
        }
    }

    private static final class Circle implements Shape {}

    /** Defined as a hidden class. */
    @SuppressWarnings("unused") // by name
    static final class Template implements Runnable {
        private final Runnable then;

        Template(Runnable then) {
            this.then = then;
        }

        @Override
        public void run() {
            then.run();
        }
    }

    @SuppressWarnings("unused") // by name
    private static final class Initialised0 {
        static {
            plain(initialising);
        }
    }

    @SuppressWarnings("unused") // by name
    private static final class Initialised1 {
        static {
            plain(initialising);
        }
    }
}
