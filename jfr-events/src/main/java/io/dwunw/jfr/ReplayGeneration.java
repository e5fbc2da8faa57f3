// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import io.dwunw.jfr.CallEdge.Caller;
import io.dwunw.jfr.CallEdge.Signature;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All generated classes that may call each other: they share one parent loader with the interfaces of the callees. A
 * generation only grows; dropping the last reference to it is how its classes are unloaded.
 *
 * <p>Missing edges of the stacks at hand are made together: per class name one class that holds all its new methods,
 * each with all its new calls. The n-th class of a name goes to the n-th loader, so there are as many loaders as the
 * most frequent name has classes.
 */
final class ReplayGeneration {
    private static final String CALLEES = ReplayNode.class.getPackageName().replace('.', '/') + "/callee/C";

    /** What readers see between the publisher's run() and the replayed root. */
    private static final Caller ROOT_CALLER = new Caller("dwunw", ReplayClassWriter.ROOT_SIGNATURE, 0);

    private static final int MAX_CALLERS = 1 << 12;
    /** Calls of one method. The JVM does not compile methods of more than 8,000 bytes. */
    private static final int MAX_SITES = 64;
    /**
     * Methods of one interface. More would be fewer interfaces, but a class has a table entry for each method of an
     * interface of its, whether it has the method or not.
     */
    private static final int MAX_SIGNATURES = 4;

    /** Metaspace that a class takes by itself, in bytes, and as a multiple of its class file, on JDK 17 and 25. */
    private static final int CLASS_BYTES = 1_000;

    private static final int BYTES_PER_FILE_BYTE = 2;
    /** Bytes that a class will take which is still to be written, without its methods. */
    private static final int MAX_CLASS_BYTES = 2_000;
    /** Metaspace that a loader takes at once. */
    private static final int LOADER_BYTES = 8 << 10;
    /** Metaspace that one more call takes, where it needs a method and an interface of its own. */
    private static final int MAX_EDGE_BYTES = 1_000;

    private final EventSlot slot;
    private final ReplayLoader callees = new ReplayLoader(ReplayNode.class.getClassLoader());
    private final List<ReplayLoader> loaders = new ArrayList<>();
    private final Map<String, Integer> classesOfName = new HashMap<>();
    private final Map<Signature, String> interfaces = new HashMap<>();
    private final Map<CallEdge, Site> sites = new HashMap<>();
    /** By the object: stacks share those of the frames that they share, and class file names take time to make. */
    private final IdentityHashMap<FrameName, Caller> callers = new IdentityHashMap<>();

    private final WeakHashMap<ReplayableStack, ReplayRoot> chains = new WeakHashMap<>();
    private int interfaceCount;
    private int classCount;
    private long bytes = LOADER_BYTES;

    /** Place of an edge's call: in a method of the prototype's class. */
    private static final class Site {
        private final ReplayNode prototype;
        private final int number;

        Site(ReplayNode prototype, int number) {
            this.prototype = prototype;
            this.number = number;
        }
    }

    ReplayGeneration(EventSlot slot) {
        this.slot = slot;
        interfaces.put(ReplayClassWriter.ROOT_SIGNATURE, ReplayClassWriter.ROOT);
    }

    int classCount() {
        return classCount;
    }

    /** Lives as long as any class of this generation. */
    ClassLoader loader() {
        return callees;
    }

    /** Bytes of metaspace that all its classes take, as estimated. */
    long bytes() {
        return bytes;
    }

    int loaderCount() {
        return loaders.size() + 1;
    }

    @Nullable
    ReplayRoot find(ReplayableStack stack) {
        return chains.get(stack);
    }

    /** Makes {@code stack} use {@code root} for as long as this generation lives. */
    void replace(ReplayableStack stack, ReplayRoot root) {
        chains.put(stack, root);
    }

    /** Stacks to be built together, and what is missing for it. */
    final class Plan {
        private final List<ReplayableStack> stacks = new ArrayList<>();
        private final List<List<CallEdge>> edges = new ArrayList<>();
        private final Set<CallEdge> missing = new LinkedHashSet<>();
        private final Set<String> classNames = new HashSet<>();

        /** @param frames innermost first, not empty */
        void add(ReplayableStack stack, List<FrameName> frames) {
            List<CallEdge> all = edges(frames);
            stacks.add(stack);
            edges.add(all);
            for (CallEdge edge : all) {
                if (!sites.containsKey(edge)) {
                    missing.add(edge);
                    classNames.add(edge.className());
                }
            }
        }

        /** Bytes of metaspace that it takes at most; 0 if all that is needed is there. */
        long mostBytes() {
            return missing.isEmpty()
                    ? 0
                    : LOADER_BYTES
                            + (long) missing.size() * MAX_EDGE_BYTES
                            + (long) classNames.size() * MAX_CLASS_BYTES;
        }

        /** Links a chain for each stack, generating what is missing. */
        void build() throws ReflectiveOperationException {
            if (!missing.isEmpty()) {
                defineInterfaces(missing);
                defineNodes(missing);
            }
            for (int i = 0; i < stacks.size(); i++) {
                link(stacks.get(i), edges.get(i));
            }
        }
    }

    Plan plan() {
        return new Plan();
    }

    private void link(ReplayableStack stack, List<CallEdge> edges) {
        Object callee = slot;
        for (CallEdge edge : edges) {
            Site site = sites.get(edge);
            if (site == null) {
                throw new IllegalStateException(edge.toString());
            }
            callee = site.prototype.calling(callee, site.number);
        }
        chains.put(stack, (ReplayRoot) callee);
    }

    private List<CallEdge> edges(List<FrameName> frames) {
        List<CallEdge> edges = new ArrayList<>(frames.size() + 1);
        Signature callee = null;
        for (FrameName frame : frames) {
            Caller caller = caller(frame);
            edges.add(new CallEdge(caller, callee));
            callee = caller.method();
        }
        edges.add(new CallEdge(ROOT_CALLER, callee));
        return edges;
    }

    private Caller caller(FrameName frame) {
        Caller known = callers.get(frame);
        if (known == null) {
            if (callers.size() >= MAX_CALLERS) {
                callers.clear();
            }
            known = Caller.of(frame);
            callers.put(frame, known);
        }
        return known;
    }

    /** Together are the methods of one class name: what has one of them most likely has the others. */
    private void defineInterfaces(Set<CallEdge> missing) {
        Map<String, Set<Signature>> byClass = new LinkedHashMap<>();
        Set<Signature> seen = new LinkedHashSet<>();
        for (CallEdge edge : missing) {
            if (!interfaces.containsKey(edge.method()) && seen.add(edge.method())) {
                Set<Signature> methods = byClass.get(edge.className());
                if (methods == null) {
                    methods = new LinkedHashSet<>();
                    byClass.put(edge.className(), methods);
                }
                methods.add(edge.method());
                if (methods.size() == MAX_SIGNATURES) {
                    defineInterface(methods);
                    byClass.remove(edge.className());
                }
            }
        }
        for (Set<Signature> methods : byClass.values()) {
            defineInterface(methods);
        }
    }

    private void defineInterface(Set<Signature> methods) {
        String name = CALLEES + interfaceCount++;
        define(callees, ReplayClassWriter.callees(name, methods));
        for (Signature method : methods) {
            interfaces.put(method, name);
        }
    }

    private void defineNodes(Set<CallEdge> missing) throws ReflectiveOperationException {
        Map<String, List<CallEdge>> byClass = new LinkedHashMap<>();
        for (CallEdge edge : missing) {
            List<CallEdge> edges = byClass.get(edge.className());
            if (edges == null) {
                edges = new ArrayList<>();
                byClass.put(edge.className(), edges);
            }
            edges.add(edge);
        }
        for (List<CallEdge> edges : byClass.values()) {
            for (Map<Signature, List<CallEdge>> part : parts(edges)) {
                defineNode(part);
            }
        }
    }

    /** Splits edges by method, such that in no part a method has too many. */
    private static List<Map<Signature, List<CallEdge>>> parts(List<CallEdge> edges) {
        List<Map<Signature, List<CallEdge>>> parts = new ArrayList<>();
        Map<Signature, Integer> counts = new HashMap<>();
        for (CallEdge edge : edges) {
            int before = counts.getOrDefault(edge.method(), 0);
            counts.put(edge.method(), before + 1);
            int part = before / MAX_SITES;
            if (part == parts.size()) {
                parts.add(new LinkedHashMap<>());
            }
            List<CallEdge> ofMethod = parts.get(part).get(edge.method());
            if (ofMethod == null) {
                ofMethod = new ArrayList<>();
                parts.get(part).put(edge.method(), ofMethod);
            }
            // Those without a line come first: the JVM gives an instruction the line of the last entry before it.
            ofMethod.add(edge.line() == 0 ? 0 : ofMethod.size(), edge);
        }
        return parts;
    }

    private void defineNode(Map<Signature, List<CallEdge>> methods) throws ReflectiveOperationException {
        byte[] classFile = ReplayClassWriter.node(methods.values(), interfaces);
        String name = methods.values().iterator().next().get(0).className();
        int index = classesOfName.getOrDefault(name, 0);
        classesOfName.put(name, index + 1);
        while (index >= loaders.size()) {
            loaders.add(new ReplayLoader(callees));
            bytes += LOADER_BYTES;
        }
        Constructor<?> constructor = define(loaders.get(index), classFile).getConstructor();
        ReplayNode prototype = (ReplayNode) constructor.newInstance();
        for (List<CallEdge> edges : methods.values()) {
            for (int i = 0; i < edges.size(); i++) {
                sites.put(edges.get(i), new Site(prototype, i));
            }
        }
    }

    private Class<?> define(ReplayLoader loader, byte[] classFile) {
        Class<?> defined = loader.define(classFile);
        classCount++;
        bytes += CLASS_BYTES + (long) BYTES_PER_FILE_BYTE * classFile.length;
        return defined;
    }
}
