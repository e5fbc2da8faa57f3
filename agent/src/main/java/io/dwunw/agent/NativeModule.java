// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.lang.instrument.Instrumentation;
import java.lang.module.ModuleDescriptor;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * A named module of the agent's classes with native methods, the only one that is granted native access. JDK 24 and
 * later warn of a module that has none, or refuse it its native code (JEP 472). An agent's manifest cannot ask for it,
 * and all unnamed modules have it or none: granted to the agent's it would be granted to the application's too, whose
 * own calls would no longer be reported or denied.
 *
 * <p>It is made as the JDK makes the modules of proxies, without a layer: {@code Configuration.resolve} runs through
 * some twenty lambdas, each of which the JVM would have to generate a class for. To be made before a class of its
 * packages is loaded. Where the JDK does not allow it the classes are loaded all the same, and the JVM does with them
 * what it does with any native code.
 */
final class NativeModule implements BiConsumer<ClassLoader, Instrumentation> {
    private static final String NAME = "io.dwunw.agent.natives";
    private static final Set<String> PACKAGES = Set.of("io.dwunw.agent.linux", "io.dwunw.agent.hooks");

    @Override
    public void accept(ClassLoader loader, Instrumentation instrumentation) {
        Module base = Object.class.getModule();
        // Of the agent's own loader, not the application's.
        Module unnamed = loader.getUnnamedModule();
        Set<Module> agent = Set.of(unnamed);
        try {
            instrumentation.redefineModule(base, Set.of(), Map.of(), Map.of("java.lang", agent), Set.of(), Map.of());
            Module module = define(loader);
            Map<String, Set<Module>> exports = new HashMap<>();
            for (String name : PACKAGES) {
                exports.put(name, agent);
            }
            instrumentation.redefineModule(module, Set.of(base, unnamed), exports, Map.of(), Set.of(), Map.of());
            Method grant = Module.class.getDeclaredMethod("implAddEnableNativeAccess");
            grant.setAccessible(true);
            grant.invoke(module);
        } catch (ReflectiveOperationException | UnsupportedOperationException | InaccessibleObjectException e) {
            // A warning of the JVM's is better than no agent.
        }
    }

    private static Module define(ClassLoader loader) throws ReflectiveOperationException {
        ModuleDescriptor descriptor =
                ModuleDescriptor.newModule(NAME).packages(PACKAGES).build();
        Constructor<Module> constructor = Module.class.getDeclaredConstructor(
                ModuleLayer.class, ClassLoader.class, ModuleDescriptor.class, URI.class);
        constructor.setAccessible(true);
        return constructor.newInstance(null, loader, descriptor, null);
    }
}
