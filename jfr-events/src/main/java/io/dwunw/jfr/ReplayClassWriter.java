package io.dwunw.jfr;

import io.dwunw.jfr.CallEdge.Signature;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.jar.asm.Type;
import org.jspecify.annotations.Nullable;

/**
 * Writes the class files of replay. Calls between frames are plain {@code invokeinterface}: method handles would put
 * frames of their own between them.
 *
 * <p>A method is {@code T name(args) { ((Callee) this.next).calleeName(defaults); return default; }}, the innermost one
 * {@code ((EventSlot) this.next).event.commit()}, so that nothing stands above it but JFR.
 */
final class ReplayClassWriter {
    private static final String NODE = Type.getInternalName(ReplayNode.class);
    static final String ROOT = Type.getInternalName(ReplayRoot.class);
    private static final String SLOT = Type.getInternalName(EventSlot.class);
    private static final String EVENT = "jdk/jfr/Event";
    private static final String OBJECT = "java/lang/Object";

    /** The name of {@link ReplayRoot}'s method. */
    static final Signature ROOT_SIGNATURE = new Signature("stack", MethodDescriptor.of("()V"));

    private ReplayClassWriter() {}

    /** An interface that declares all these methods. */
    static byte[] callees(String internalName, Collection<Signature> methods) {
        ClassWriter out = new ClassWriter(0);
        int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE;
        out.visit(Opcodes.V1_6, access, internalName, null, OBJECT, null);
        for (Signature method : methods) {
            out.visitMethod(
                            Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT,
                            method.name(),
                            method.descriptor().text(),
                            null,
                            null)
                    .visitEnd();
        }
        out.visitEnd();
        return out.toByteArray();
    }

    /**
     * A class with one method per edge; the edges have one class name, and distinct signatures.
     *
     * @param calleeInterface the internal name of the interface that declares a signature
     */
    static byte[] node(List<CallEdge> edges, Function<Signature, String> calleeInterface) {
        ClassWriter out = new ClassWriter(0);
        String[] interfaces = edges.stream()
                .map(edge -> calleeInterface.apply(edge.method()))
                .distinct()
                .toArray(String[]::new);
        String name = edges.get(0).className();
        out.visit(Opcodes.V1_6, Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER, name, null, NODE, interfaces);
        constructor(out);
        for (CallEdge edge : edges) {
            method(out, edge, calleeInterface);
        }
        out.visitEnd();
        return out.toByteArray();
    }

    private static void constructor(ClassWriter out) {
        MethodVisitor code = out.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
        code.visitCode();
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitMethodInsn(Opcodes.INVOKESPECIAL, NODE, "<init>", "()V", false);
        code.visitInsn(Opcodes.RETURN);
        code.visitMaxs(1, 1);
        code.visitEnd();
    }

    private static void method(ClassWriter out, CallEdge edge, Function<Signature, String> calleeInterface) {
        MethodDescriptor descriptor = edge.method().descriptor();
        MethodVisitor code = out.visitMethod(Opcodes.ACC_PUBLIC, edge.method().name(), descriptor.text(), null, null);
        code.visitCode();
        if (edge.line() > 0) {
            Label start = new Label();
            code.visitLabel(start);
            code.visitLineNumber(edge.line(), start);
        }
        code.visitVarInsn(Opcodes.ALOAD, 0);
        code.visitFieldInsn(Opcodes.GETFIELD, NODE, "next", "L" + OBJECT + ";");
        int stack = call(code, edge.callee(), calleeInterface);
        returnDefault(code, descriptor.result());
        code.visitMaxs(Math.max(stack, 2), 1 + descriptor.slots());
        code.visitEnd();
    }

    private static int call(
            MethodVisitor code, @Nullable Signature callee, Function<Signature, String> calleeInterface) {
        if (callee == null) {
            code.visitTypeInsn(Opcodes.CHECKCAST, SLOT);
            code.visitFieldInsn(Opcodes.GETFIELD, SLOT, "event", "L" + EVENT + ";");
            code.visitMethodInsn(Opcodes.INVOKEVIRTUAL, EVENT, "commit", "()V", false);
            return 1;
        }
        String owner = calleeInterface.apply(callee);
        MethodDescriptor descriptor = callee.descriptor();
        code.visitTypeInsn(Opcodes.CHECKCAST, owner);
        for (int i = 0; i < descriptor.parameters().length(); i++) {
            pushDefault(code, descriptor.parameters().charAt(i));
        }
        code.visitMethodInsn(Opcodes.INVOKEINTERFACE, owner, callee.name(), descriptor.text(), true);
        switch (descriptor.result()) {
            case 'V' -> {}
            case 'J', 'D' -> code.visitInsn(Opcodes.POP2);
            default -> code.visitInsn(Opcodes.POP);
        }
        return 1 + descriptor.slots();
    }

    private static void pushDefault(MethodVisitor code, char kind) {
        code.visitInsn(
                switch (kind) {
                    case 'J' -> Opcodes.LCONST_0;
                    case 'D' -> Opcodes.DCONST_0;
                    case 'F' -> Opcodes.FCONST_0;
                    case 'L', '[' -> Opcodes.ACONST_NULL;
                    default -> Opcodes.ICONST_0;
                });
    }

    private static void returnDefault(MethodVisitor code, char kind) {
        if (kind != 'V') {
            pushDefault(code, kind);
        }
        code.visitInsn(
                switch (kind) {
                    case 'V' -> Opcodes.RETURN;
                    case 'J' -> Opcodes.LRETURN;
                    case 'D' -> Opcodes.DRETURN;
                    case 'F' -> Opcodes.FRETURN;
                    case 'L', '[' -> Opcodes.ARETURN;
                    default -> Opcodes.IRETURN;
                });
    }
}
