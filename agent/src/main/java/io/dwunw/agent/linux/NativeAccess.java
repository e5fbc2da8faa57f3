package io.dwunw.agent.linux;

import java.lang.instrument.Instrumentation;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;

/**
 * Keeps JDK 24 and later from warning that the agent loads a native library (JEP 472). An agent's manifest cannot grant
 * that access and its code lies in the unnamed module, so the agent opens {@code java.lang} to itself and calls what the
 * {@code --enable-native-access=ALL-UNNAMED} option calls.
 */
public final class NativeAccess {
    /** The first release that has the method, and with it restricted native access. */
    private static final int FIRST_RELEASE_WITH_RESTRICTION = 22;

    private NativeAccess() {}

    /**
     * Grants native access to unnamed modules. Nothing happens below JDK 22, nor where the JDK has no such method any
     * more: then a warning appears, which is better than no agent.
     *
     * @return whether native access is granted, or needs no grant
     */
    public static boolean enable(Instrumentation instrumentation) {
        if (Runtime.version().feature() < FIRST_RELEASE_WITH_RESTRICTION) {
            return true;
        }
        try {
            openJavaLang(instrumentation);
            Method grant = Module.class.getDeclaredMethod("implAddEnableNativeAccessToAllUnnamed");
            grant.setAccessible(true);
            grant.invoke(null);
            return true;
        } catch (NoSuchMethodException
                | IllegalAccessException
                | InvocationTargetException
                | UnsupportedOperationException
                | InaccessibleObjectException e) {
            return false;
        }
    }

    private static void openJavaLang(Instrumentation instrumentation) {
        Set<Module> agent = Set.of(NativeAccess.class.getModule());
        instrumentation.redefineModule(
                Object.class.getModule(), Set.of(), Map.of(), Map.of("java.lang", agent), Set.of(), Map.of());
    }
}
