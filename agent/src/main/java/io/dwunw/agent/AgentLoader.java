// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Constructor;
import java.security.ProtectionDomain;
import java.util.function.BiConsumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Loads the agent's classes from its jar, and from nowhere else.
 *
 * <p>The JVM puts an agent's jar at the end of the application's class path. Loaded from there, each class would be
 * looked for in all of the application's jars first, which costs its start up to 40 ms, and one of the same name in any
 * of them would take its place. This loader's only parent is the boot loader: all modules that the agent needs are
 * there.
 *
 * <p>Thread-safe. Never closed: the sidecar may need a class until the JVM has ended.
 */
final class AgentLoader extends ClassLoader {
    private static final String OWN_PACKAGES = "io.dwunw.";
    /** The doors: there is one of each in a JVM, whatever is loaded behind them. */
    private static final Class<?>[] SHARED_CLASSES = {AgentMain.class, AgentLoader.class};

    /** Not of this module: only a jar that has it holds the whole agent. */
    private static final String PROBE_ENTRY = "io/dwunw/jfr/StackReplay.class";

    /** Of classes with native methods: they belong to a {@link NativeModule}. */
    private static final String[] NATIVE_PACKAGES = {"io.dwunw.agent.linux.", "io.dwunw.agent.hooks."};

    /** The first release that restricts native access. */
    private static final int FIRST_WITH_RESTRICTION = 22;

    static {
        registerAsParallelCapable();
    }

    private final ZipFile jar;
    /** Of the doors: says where the jar lies. */
    private final ProtectionDomain domain;

    private final @Nullable Instrumentation instrumentation;
    private boolean hasNativeModule = Runtime.version().feature() < FIRST_WITH_RESTRICTION;

    /**
     * @param instrumentation of the JVM; without it the agent's native code has the application's rights
     * @throws IOException if there is no such jar, or it does not hold the whole agent
     */
    AgentLoader(File jar, ProtectionDomain domain, @Nullable Instrumentation instrumentation) throws IOException {
        super("dwunw", null);
        this.jar = new ZipFile(jar);
        this.domain = domain;
        this.instrumentation = instrumentation;
        if (this.jar.getEntry(PROBE_ENTRY) == null) {
            this.jar.close();
            throw new IOException(jar + " has no " + PROBE_ENTRY);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OWN_PACKAGES)) {
            return super.loadClass(name, resolve);
        }
        for (Class<?> door : SHARED_CLASSES) {
            if (name.equals(door.getName())) {
                return door;
            }
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] file;
        try {
            file = read(name.replace('.', '/').concat(".class"));
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
        if (file == null) {
            throw new ClassNotFoundException(name);
        }
        for (String prefix : NATIVE_PACKAGES) {
            if (name.startsWith(prefix)) {
                ensureNativeModule();
            }
        }
        return defineClass(name, file, 0, file.length, domain);
    }

    /** Before the first class of its packages, which would have to stay in the unnamed module for good. */
    @SuppressWarnings("unchecked")
    private synchronized void ensureNativeModule() throws ClassNotFoundException {
        if (hasNativeModule || instrumentation == null) {
            return;
        }
        hasNativeModule = true;
        try {
            // One of its own, because java.lang must be opened to what calls it, and not to the application.
            Constructor<?> constructor =
                    loadClass("io.dwunw.agent.NativeModule").getDeclaredConstructor();
            constructor.setAccessible(true);
            ((BiConsumer<ClassLoader, Instrumentation>) constructor.newInstance()).accept(this, instrumentation);
        } catch (ReflectiveOperationException e) {
            throw new ClassNotFoundException("the module of native code", e);
        }
    }

    /** Of the jar; null if it has none of that name, or cannot be read. */
    @Override
    public @Nullable InputStream getResourceAsStream(String name) {
        try {
            byte[] content = read(name);
            return content == null ? null : new ByteArrayInputStream(content);
        } catch (IOException e) {
            return null;
        }
    }

    private byte @Nullable [] read(String name) throws IOException {
        ZipEntry entry = jar.getEntry(name);
        if (entry == null) {
            return null;
        }
        try (InputStream in = jar.getInputStream(entry)) {
            // In one piece: there are three hundred classes to read before much of this is compiled.
            return in.readNBytes((int) entry.getSize());
        }
    }
}
