// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import org.jspecify.annotations.Nullable;

/** Holds generated classes, at most one of each name. Finds nothing but what they refer to. */
final class ReplayLoader extends ClassLoader {
    private static final String OWN_PACKAGE = ReplayNode.class.getPackageName() + ".";

    ReplayLoader(@Nullable ClassLoader parent) {
        super("dwunw-replay", parent);
    }

    Class<?> define(byte[] classFile) {
        return defineClass(null, classFile, 0, classFile.length);
    }

    /**
     * The JVM asks for the superclass, callee interfaces, the event and java.lang. Anything else would be an
     * application class of the name of a frame: never to be loaded from here.
     */
    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.startsWith(OWN_PACKAGE) || name.startsWith("java.lang.") || name.equals("jdk.jfr.Event")) {
            return super.loadClass(name, resolve);
        }
        throw new ClassNotFoundException(name);
    }
}
