package io.dwunw.jfr;

import io.dwunw.jfr.CallEdge.Signature;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the class files of replay. Calls between frames are plain {@code invokeinterface}: method handles would put
 * frames of their own between them.
 *
 * <p>A method is {@code T name(args) { ((Callee) this.next).calleeName(defaults); return default; }}, the innermost one
 * {@code ((EventSlot) this.next).event.commit()}, so that nothing stands above it but JFR.
 */
final class ReplayClassWriter {
    private static final String NODE = internalName(ReplayNode.class);
    static final String ROOT = internalName(ReplayRoot.class);
    private static final String SLOT = internalName(EventSlot.class);
    private static final String EVENT = "jdk/jfr/Event";
    private static final String OBJECT = "java/lang/Object";

    /** The name of {@link ReplayRoot}'s method. */
    static final Signature ROOT_SIGNATURE = new Signature("stack", MethodDescriptor.of("()V"));

    private static final int ACONST_NULL = 0x01;
    private static final int ICONST_0 = 0x03;
    private static final int LCONST_0 = 0x09;
    private static final int FCONST_0 = 0x0b;
    private static final int DCONST_0 = 0x0e;
    private static final int ALOAD_0 = 0x2a;
    private static final int POP = 0x57;
    private static final int POP2 = 0x58;
    private static final int IRETURN = 0xac;
    private static final int LRETURN = 0xad;
    private static final int FRETURN = 0xae;
    private static final int DRETURN = 0xaf;
    private static final int ARETURN = 0xb0;
    private static final int RETURN = 0xb1;
    private static final int GETFIELD = 0xb4;
    private static final int INVOKEVIRTUAL = 0xb6;
    private static final int INVOKESPECIAL = 0xb7;
    private static final int INVOKEINTERFACE = 0xb9;
    private static final int CHECKCAST = 0xc0;

    private final ClassFile out;
    private final Map<Signature, String> calleeInterfaces;

    private ReplayClassWriter(ClassFile out, Map<Signature, String> calleeInterfaces) {
        this.out = out;
        this.calleeInterfaces = calleeInterfaces;
    }

    /** An interface that declares all these methods. */
    static byte[] callees(String internalName, Collection<Signature> methods) {
        int access = ClassFile.PUBLIC | ClassFile.ABSTRACT | ClassFile.INTERFACE;
        ClassFile out = new ClassFile(access, internalName, OBJECT, List.of());
        for (Signature method : methods) {
            out.abstractMethod(method.name(), method.descriptor().text());
        }
        return out.toArray();
    }

    /**
     * A class with one method per edge; the edges have one class name, and distinct signatures.
     *
     * @param calleeInterfaces the internal name of the interface that declares a signature
     */
    static byte[] node(List<CallEdge> edges, Map<Signature, String> calleeInterfaces) {
        List<String> interfaces = new ArrayList<>();
        for (CallEdge edge : edges) {
            String declaring = declaring(edge.method(), calleeInterfaces);
            if (!interfaces.contains(declaring)) {
                interfaces.add(declaring);
            }
        }
        String name = edges.get(0).className();
        ClassFile out = new ClassFile(ClassFile.PUBLIC | ClassFile.SUPER, name, NODE, interfaces);
        ReplayClassWriter writer = new ReplayClassWriter(out, calleeInterfaces);
        writer.constructor();
        for (CallEdge edge : edges) {
            writer.method(edge);
        }
        return out.toArray();
    }

    private void constructor() {
        ClassFileBytes code = new ClassFileBytes();
        code.u1(ALOAD_0).u1(INVOKESPECIAL).u2(out.pool().method(NODE, "<init>", "()V"));
        code.u1(RETURN);
        out.method("<init>", "()V", code, 1, 1, 0);
    }

    private void method(CallEdge edge) {
        MethodDescriptor descriptor = edge.method().descriptor();
        ClassFileBytes code = new ClassFileBytes();
        code.u1(ALOAD_0).u1(GETFIELD).u2(out.pool().field(NODE, "next", "L" + OBJECT + ";"));
        int stack = edge.callee() == null ? commit(code) : call(code, edge.callee());
        returnDefault(code, descriptor.result());
        out.method(
                edge.method().name(), descriptor.text(), code, Math.max(stack, 2), 1 + descriptor.slots(), edge.line());
    }

    private int commit(ClassFileBytes code) {
        code.u1(CHECKCAST).u2(out.pool().classNamed(SLOT));
        code.u1(GETFIELD).u2(out.pool().field(SLOT, "event", "L" + EVENT + ";"));
        code.u1(INVOKEVIRTUAL).u2(out.pool().method(EVENT, "commit", "()V"));
        return 1;
    }

    private int call(ClassFileBytes code, Signature callee) {
        String owner = declaring(callee, calleeInterfaces);
        MethodDescriptor descriptor = callee.descriptor();
        code.u1(CHECKCAST).u2(out.pool().classNamed(owner));
        for (int i = 0; i < descriptor.parameters().length(); i++) {
            code.u1(pushDefault(descriptor.parameters().charAt(i)));
        }
        int slots = 1 + descriptor.slots();
        int method = out.pool().interfaceMethod(owner, callee.name(), descriptor.text());
        code.u1(INVOKEINTERFACE).u2(method).u1(slots).u1(0);
        switch (descriptor.result()) {
            case 'V' -> {}
            case 'J', 'D' -> code.u1(POP2);
            default -> code.u1(POP);
        }
        return slots;
    }

    private static String declaring(Signature method, Map<Signature, String> calleeInterfaces) {
        @Nullable String owner = calleeInterfaces.get(method);
        if (owner == null) {
            throw new IllegalStateException(method.name());
        }
        return owner;
    }

    private static int pushDefault(char kind) {
        return switch (kind) {
            case 'J' -> LCONST_0;
            case 'D' -> DCONST_0;
            case 'F' -> FCONST_0;
            case 'L', '[' -> ACONST_NULL;
            default -> ICONST_0;
        };
    }

    private static void returnDefault(ClassFileBytes code, char kind) {
        if (kind != 'V') {
            code.u1(pushDefault(kind));
        }
        code.u1(
                switch (kind) {
                    case 'V' -> RETURN;
                    case 'J' -> LRETURN;
                    case 'D' -> DRETURN;
                    case 'F' -> FRETURN;
                    case 'L', '[' -> ARETURN;
                    default -> IRETURN;
                });
    }

    private static String internalName(Class<?> type) {
        return type.getName().replace('.', '/');
    }
}
