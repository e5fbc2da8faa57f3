// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import io.dwunw.jfr.CallEdge.Signature;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the class files of replay. Calls between frames are plain {@code invokeinterface}: method handles would put
 * frames of their own between them.
 *
 * <p>A method is {@code T name(args) { ((Callee) this.next).calleeName(defaults); return default; }}, the innermost one
 * {@code ((EventSlot) this.next).event.commit()}, so that nothing stands above it but JFR. A method that calls from
 * several lines, or several others, is one method with a switch over the node's {@code site}: a class and a method take
 * ten times the metaspace that one more call does.
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
    private static final int TABLESWITCH = 0xaa;
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

    /** Where the switch stands in a method that has one, behind the loading of its operand. */
    private static final int SWITCH_AT = 4;

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
     * A class with all these methods, of one class name and distinct signatures.
     *
     * @param methods the edges of each method, those without a line first: the n-th is what a node of site n calls
     * @param calleeInterfaces the internal name of the interface that declares a signature
     */
    static byte[] node(Collection<List<CallEdge>> methods, Map<Signature, String> calleeInterfaces) {
        Set<String> interfaces = new LinkedHashSet<>();
        String name = "";
        for (List<CallEdge> edges : methods) {
            name = edges.get(0).className();
            interfaces.add(declaring(edges.get(0).method(), calleeInterfaces));
        }
        int access = ClassFile.PUBLIC | ClassFile.SUPER;
        ClassFile out = new ClassFile(access, name, NODE, List.copyOf(interfaces));
        ReplayClassWriter writer = new ReplayClassWriter(out, calleeInterfaces);
        writer.constructor();
        for (List<CallEdge> edges : methods) {
            writer.method(edges);
        }
        return out.toArray();
    }

    private void constructor() {
        MethodCode code = new MethodCode();
        code.bytes().u1(ALOAD_0).u1(INVOKESPECIAL).u2(out.pool().method(NODE, "<init>", "()V"));
        code.bytes().u1(RETURN);
        out.method("<init>", "()V", code, 1, 1);
    }

    private void method(List<CallEdge> edges) {
        Signature method = edges.get(0).method();
        MethodDescriptor descriptor = method.descriptor();
        MethodCode code = new MethodCode();
        int table = edges.size() == 1 ? -1 : switchOverSites(code.bytes(), edges.size());
        int stack = 2; // a long or double to return
        for (int site = 0; site < edges.size(); site++) {
            if (table >= 0) {
                int offset = code.bytes().length() - SWITCH_AT;
                code.bytes().u4At(table + (1 + 2 + site) * Integer.BYTES, offset);
                code.bytes().u4At(table, offset); // the default is the last
                code.target();
            }
            stack = Math.max(stack, callAndReturn(code, edges.get(site)));
        }
        out.method(method.name(), descriptor.text(), code, stack, 1 + descriptor.slots());
    }

    /**
     * {@code tableswitch} over {@code this.site}, with its offsets still to be written.
     *
     * @return where its table begins: default, low, high, one offset per site
     */
    private int switchOverSites(ClassFileBytes code, int sites) {
        code.u1(ALOAD_0).u1(GETFIELD).u2(out.pool().field(NODE, "site", "I"));
        code.u1(TABLESWITCH).u1(0).u2(0); // padded to four
        int table = code.length();
        code.u4(0).u4(0).u4(sites - 1);
        for (int i = 0; i < sites; i++) {
            code.u4(0);
        }
        return table;
    }

    private int callAndReturn(MethodCode code, CallEdge edge) {
        code.line(edge.line());
        ClassFileBytes bytes = code.bytes();
        bytes.u1(ALOAD_0).u1(GETFIELD).u2(out.pool().field(NODE, "next", "L" + OBJECT + ";"));
        int stack = edge.callee() == null ? commit(bytes) : call(bytes, edge.callee());
        returnDefault(bytes, edge.method().descriptor().result());
        return stack;
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
