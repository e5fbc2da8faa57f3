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
 * <p>Missing edges of one stack are made together: one interface for all new signatures, and per class name one class
 * that holds all its new methods, unless a signature occurs twice (recursion). The n-th class of a name goes to the n-th
 * loader, so there are as many loaders as the most frequent name has classes.
 */
final class ReplayGeneration {
    private static final String CALLEES = ReplayNode.class.getPackageName().replace('.', '/') + "/callee/C";

    /** What readers see between the publisher's run() and the replayed root. */
    private static final Caller ROOT_CALLER = new Caller("dwunw", ReplayClassWriter.ROOT_SIGNATURE, 0);

    private static final int MAX_CALLERS = 1 << 12;

    private final EventSlot slot;
    private final ReplayLoader callees = new ReplayLoader(ReplayNode.class.getClassLoader());
    private final List<ReplayLoader> loaders = new ArrayList<>();
    private final Map<String, Integer> classesOfName = new HashMap<>();
    private final Map<Signature, String> interfaces = new HashMap<>();
    private final Map<CallEdge, ReplayNode> prototypes = new HashMap<>();
    /** By the object: stacks share those of the frames that they share, and class file names take time to make. */
    private final IdentityHashMap<FrameName, Caller> callers = new IdentityHashMap<>();

    private final WeakHashMap<ReplayedStack, ReplayRoot> chains = new WeakHashMap<>();
    private int interfaceCount;
    private int classCount;
    private long bytes;

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

    /** Size of all class files. Metaspace takes about five times as much. */
    long bytes() {
        return bytes;
    }

    int loaderCount() {
        return loaders.size() + 1;
    }

    @Nullable
    ReplayRoot find(ReplayedStack stack) {
        return chains.get(stack);
    }

    /** Makes {@code stack} use {@code root} for as long as this generation lives. */
    void replace(ReplayedStack stack, ReplayRoot root) {
        chains.put(stack, root);
    }

    /**
     * Links a chain for {@code stack}, generating what is missing.
     *
     * @param frames innermost first, not empty
     */
    ReplayRoot build(ReplayedStack stack, List<FrameName> frames) throws ReflectiveOperationException {
        List<CallEdge> edges = edges(frames);
        Set<CallEdge> missing = new LinkedHashSet<>(edges);
        missing.removeAll(prototypes.keySet());
        if (!missing.isEmpty()) {
            defineInterface(missing);
            defineNodes(missing);
        }
        Object callee = slot;
        for (CallEdge edge : edges) {
            callee = prototype(edge).calling(callee);
        }
        ReplayRoot root = (ReplayRoot) callee;
        chains.put(stack, root);
        return root;
    }

    private ReplayNode prototype(CallEdge edge) {
        ReplayNode prototype = prototypes.get(edge);
        if (prototype == null) {
            throw new IllegalStateException(edge.toString());
        }
        return prototype;
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

    private void defineInterface(Set<CallEdge> missing) {
        Set<Signature> methods = new LinkedHashSet<>();
        for (CallEdge edge : missing) {
            if (!interfaces.containsKey(edge.method())) {
                methods.add(edge.method());
            }
        }
        if (methods.isEmpty()) {
            return;
        }
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
            for (List<CallEdge> part : parts(edges)) {
                defineNode(part);
            }
        }
    }

    /** Splits edges such that no part has a signature twice. */
    private static List<List<CallEdge>> parts(List<CallEdge> edges) {
        List<List<CallEdge>> parts = new ArrayList<>();
        List<CallEdge> rest = edges;
        while (!rest.isEmpty()) {
            Set<Signature> used = new HashSet<>();
            List<CallEdge> part = new ArrayList<>();
            List<CallEdge> later = new ArrayList<>();
            for (CallEdge edge : rest) {
                (used.add(edge.method()) ? part : later).add(edge);
            }
            parts.add(part);
            rest = later;
        }
        return parts;
    }

    private void defineNode(List<CallEdge> part) throws ReflectiveOperationException {
        byte[] classFile = ReplayClassWriter.node(part, interfaces);
        String name = part.get(0).className();
        int index = classesOfName.getOrDefault(name, 0);
        classesOfName.put(name, index + 1);
        while (index >= loaders.size()) {
            loaders.add(new ReplayLoader(callees));
        }
        Constructor<?> constructor = define(loaders.get(index), classFile).getConstructor();
        ReplayNode prototype = (ReplayNode) constructor.newInstance();
        for (CallEdge edge : part) {
            prototypes.put(edge, prototype);
        }
    }

    private Class<?> define(ReplayLoader loader, byte[] classFile) {
        Class<?> defined = loader.define(classFile);
        classCount++;
        bytes += classFile.length;
        return defined;
    }
}
