// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** Ways of calling that every JDK has. */
final class Calls {
    private static final int LOOP = 70_000;
    private static final Method REFLECTED;
    private static final MethodHandle HANDLE;
    private static final MethodHandle ADAPTED;

    static {
        try {
            REFLECTED = Calls.class.getDeclaredMethod("plain", Descent.class, int.class);
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MethodType type = MethodType.methodType(void.class, Descent.class, int.class);
            HANDLE = lookup.findStatic(Calls.class, "plain", type);
            MethodHandle spread = HANDLE.asSpreader(Object[].class, 2);
            ADAPTED = spread.asType(MethodType.methodType(Object.class, Object[].class));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Calls() {}

    static Step[] all() {
        return new Step[] {
            Calls::plain,
            Calls::plain,
            Calls::plain,
            (descent, depth) -> descent.deeper(depth),
            Calls::manyArguments,
            Calls::synchronizedCall,
            Calls::caught,
            Calls::finallyCall,
            Calls::reflected,
            Calls::handle,
            Calls::adaptedHandle,
            Calls::proxied,
            Calls::streamed,
            Calls::compared,
            Calls::callBack,
            Calls::loop,
            Calls::constructed,
            Calls::recursive,
            new First(),
            new Second(),
            new Third(),
            Calls::interfaceCall,
            Calls::switched,
        };
    }

    static void plain(Descent descent, int depth) throws Throwable {
        descent.deeper(depth);
    }

    private static void manyArguments(Descent descent, int depth) throws Throwable {
        sum(descent, depth, 1, 2L, 3f, 4d, 5, 6L, 7f, 8d, "9", 10, 11L, new int[12]);
    }

    private static double sum(
            Descent descent,
            int depth,
            int a,
            long b,
            float c,
            double d,
            int e,
            long f,
            float g,
            double h,
            String i,
            int j,
            long k,
            int[] l)
            throws Throwable {
        descent.deeper(depth);
        return a + b + c + d + e + f + g + h + i.length() + j + k + l.length;
    }

    private static void synchronizedCall(Descent descent, int depth) throws Throwable {
        Object lock = new Object();
        synchronized (lock) {
            descent.deeper(depth);
        }
    }

    private static void caught(Descent descent, int depth) throws Throwable {
        try {
            throw new IllegalStateException("depth " + depth);
        } catch (IllegalStateException expected) {
            descent.deeper(depth);
        }
    }

    private static void finallyCall(Descent descent, int depth) throws Throwable {
        int zero = 0;
        try {
            zero = depth / zero;
        } catch (ArithmeticException expected) {
            zero = 1;
        } finally {
            descent.deeper(depth);
        }
    }

    private static void reflected(Descent descent, int depth) throws Throwable {
        REFLECTED.invoke(null, descent, depth);
    }

    private static void handle(Descent descent, int depth) throws Throwable {
        HANDLE.invokeExact(descent, depth);
    }

    private static void adaptedHandle(Descent descent, int depth) throws Throwable {
        Object ignored = ADAPTED.invoke(new Object[] {descent, depth});
        if (ignored != null) {
            throw new IllegalStateException();
        }
    }

    private static void proxied(Descent descent, int depth) {
        Runnable proxy = (Runnable) Proxy.newProxyInstance(
                Calls.class.getClassLoader(), new Class<?>[] {Runnable.class}, (self, method, arguments) -> {
                    descent.deeper(depth);
                    return null;
                });
        proxy.run();
    }

    private static void streamed(Descent descent, int depth) {
        IntStream.range(0, 1).filter(i -> i == 0).forEach(i -> descent.deeperQuietly(depth));
        List.of(1).forEach(i -> {
            if (i == 2) {
                descent.deeperQuietly(depth);
            }
        });
    }

    private static void compared(Descent descent, int depth) {
        boolean[] done = new boolean[1];
        TreeMap<Integer, String> sorted = new TreeMap<>((a, b) -> {
            if (!done[0]) {
                done[0] = true;
                descent.deeperQuietly(depth);
            }
            return Integer.compare(a, b);
        });
        sorted.put(1, "one");
        if (sorted.size() != 1) {
            throw new IllegalStateException();
        }
    }

    private static void callBack(Descent descent, int depth) {
        Leaf.callBack(() -> descent.deeperQuietly(depth));
    }

    /** Long enough to be replaced on the stack, once in a while. */
    private static void loop(Descent descent, int depth) throws Throwable {
        int turns = descent.nextInt(50) == 0 ? LOOP : 3;
        int sum = 0;
        for (int i = 0; i < turns; i++) {
            sum += i ^ turns;
            if (i == turns - 1) {
                descent.deeper(depth);
            }
        }
        if (sum == 42) {
            throw new IllegalStateException();
        }
    }

    private static void constructed(Descent descent, int depth) throws Throwable {
        Object made = new Constructed(descent, depth);
        if (made.hashCode() == 0 && depth < 0) {
            throw new IllegalStateException();
        }
    }

    private static void recursive(Descent descent, int depth) throws Throwable {
        recurse(descent, depth, 5);
    }

    private static int recurse(Descent descent, int depth, int levels) throws Throwable {
        if (levels == 0) {
            descent.deeper(depth);
            return 0;
        }
        return 1 + recurse(descent, depth, levels - 1);
    }

    private static void interfaceCall(Descent descent, int depth) {
        IntConsumer[] kinds = {
            new IntConsumer() {
                @Override
                public void accept(int value) {
                    descent.deeperQuietly(value);
                }
            },
            descent::deeperQuietly,
            value -> descent.deeperQuietly(value),
        };
        kinds[descent.nextInt(kinds.length)].accept(depth);
    }

    private static void switched(Descent descent, int depth) throws Throwable {
        switch ("case" + descent.nextInt(3)) {
            case "case0" -> descent.deeper(depth);
            case "case1" -> {
                String text = "x".repeat(depth + 1);
                descent.deeper(text.length() - 1);
            }
            default -> descent.deeper(depth);
        }
    }

    private static final class Constructed {
        Constructed(Descent descent, int depth) throws Throwable {
            descent.deeper(depth);
        }
    }

    private abstract static class Base implements Step {
        @Override
        public void go(Descent descent, int depth) throws Throwable {
            inner(descent, depth);
        }

        abstract void inner(Descent descent, int depth) throws Throwable;
    }

    private static final class First extends Base {
        @Override
        void inner(Descent descent, int depth) throws Throwable {
            descent.deeper(depth);
        }
    }

    private static final class Second extends Base {
        @Override
        void inner(Descent descent, int depth) throws Throwable {
            plain(descent, depth);
        }
    }

    private static final class Third extends Base {
        @Override
        void inner(Descent descent, int depth) throws Throwable {
            descent.deeperQuietly(depth);
        }
    }
}
