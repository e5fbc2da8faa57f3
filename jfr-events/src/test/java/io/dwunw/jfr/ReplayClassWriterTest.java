// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.jfr.CallEdge.Caller;
import io.dwunw.jfr.CallEdge.Signature;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.Label;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.junit.jupiter.api.Test;

/** The class files are read, and compared with what a library writes, by ASM. */
class ReplayClassWriterTest {
    private static final String NODE = "io/dwunw/jfr/ReplayNode";
    private static final Signature LONGS = new Signature("longs", MethodDescriptor.of("(JD[IF)D"));
    private static final Signature INNER = new Signature("inner‹T›", MethodDescriptor.of("()V"));

    @Test
    void classFilesAreThoseOfAsm() {
        List<List<CallEdge>> methods = List.of(
                List.of(new CallEdge(new Caller("a/B", LONGS, 17), INNER)),
                List.of(new CallEdge(new Caller("a/B", INNER, 0), null)));
        byte[] written = ReplayClassWriter.node(methods, Map.of(LONGS, "c/C0", INNER, "c/C1"));
        assertThat(normal(written)).isEqualTo(normal(expected()));
    }

    @Test
    void aMethodOfSeveralCallsIsASwitchAsAsmWritesIt() {
        List<CallEdge> edges = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            edges.add(new CallEdge(new Caller("a/B", LONGS, i), i % 2 == 0 ? LONGS : INNER));
        }
        byte[] written = ReplayClassWriter.node(List.of(edges), Map.of(LONGS, "c/C0", INNER, "c/C1"));
        assertThat(normal(written)).isEqualTo(normal(expectedSwitch(edges)));
    }

    @Test
    void calleesAreAbstract() {
        byte[] written = ReplayClassWriter.callees("c/C0", List.of(LONGS, INNER));
        ClassWriter out = new ClassWriter(0);
        int access = Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT | Opcodes.ACC_INTERFACE;
        out.visit(Opcodes.V1_6, access, "c/C0", null, "java/lang/Object", null);
        int method = Opcodes.ACC_PUBLIC | Opcodes.ACC_ABSTRACT;
        out.visitMethod(method, "longs", LONGS.descriptor().text(), null, null).visitEnd();
        out.visitMethod(method, "inner‹T›", "()V", null, null).visitEnd();
        assertThat(normal(written)).isEqualTo(normal(out.toByteArray()));
    }

    @Test
    void namesOfAllKindsSurvive() {
        String name = "nul\u0000 two\u07ff three\u0800\uffff plain";
        ClassFile file = new ClassFile(ClassFile.PUBLIC, name, "java/lang/Object", List.of());
        assertThat(new ClassReader(file.toArray()).getClassName()).isEqualTo(name);
    }

    @Test
    void whatAClassFileCannotHoldIsRefused() {
        ConstantPool pool = new ConstantPool();
        for (int i = 0; i < 0xfffe; i++) {
            pool.utf8("name" + i);
        }
        assertThat(pool.utf8("name7")).isEqualTo(8);
        assertThatThrownBy(() -> pool.utf8("one more")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new ClassFileBytes().utf8("x".repeat(0x10000)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Through ASM, which lays out constants and attributes in an order of its own. */
    private static byte[] normal(byte[] classFile) {
        ClassWriter out = new ClassWriter(0);
        new ClassReader(classFile).accept(out, 0);
        return out.toByteArray();
    }

    private static byte[] expectedSwitch(List<CallEdge> edges) {
        ClassWriter out = new ClassWriter(0);
        out.visit(Opcodes.V1_6, Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER, "a/B", null, NODE, new String[] {"c/C0"});
        constructor(out);
        MethodVisitor method =
                out.visitMethod(Opcodes.ACC_PUBLIC, "longs", LONGS.descriptor().text(), null, null);
        method.visitVarInsn(Opcodes.ALOAD, 0);
        method.visitFieldInsn(Opcodes.GETFIELD, NODE, "site", "I");
        Label[] targets = new Label[edges.size()];
        for (int i = 0; i < targets.length; i++) {
            targets[i] = new Label();
        }
        method.visitTableSwitchInsn(0, targets.length - 1, targets[targets.length - 1], targets);
        for (int i = 0; i < targets.length; i++) {
            method.visitLabel(targets[i]);
            method.visitFrame(Opcodes.F_SAME, 0, null, 0, null);
            if (edges.get(i).line() > 0) {
                method.visitLineNumber(edges.get(i).line(), targets[i]);
            }
            method.visitVarInsn(Opcodes.ALOAD, 0);
            method.visitFieldInsn(Opcodes.GETFIELD, NODE, "next", "Ljava/lang/Object;");
            if (i % 2 == 0) {
                method.visitTypeInsn(Opcodes.CHECKCAST, "c/C0");
                method.visitInsn(Opcodes.LCONST_0);
                method.visitInsn(Opcodes.DCONST_0);
                method.visitInsn(Opcodes.ACONST_NULL);
                method.visitInsn(Opcodes.FCONST_0);
                method.visitMethodInsn(
                        Opcodes.INVOKEINTERFACE,
                        "c/C0",
                        "longs",
                        LONGS.descriptor().text(),
                        true);
                method.visitInsn(Opcodes.POP2);
            } else {
                method.visitTypeInsn(Opcodes.CHECKCAST, "c/C1");
                method.visitMethodInsn(Opcodes.INVOKEINTERFACE, "c/C1", "inner‹T›", "()V", true);
            }
            method.visitInsn(Opcodes.DCONST_0);
            method.visitInsn(Opcodes.DRETURN);
        }
        method.visitMaxs(7, 7);
        return out.toByteArray();
    }

    private static void constructor(ClassWriter out) {
        MethodVisitor constructor = out.visitMethod(Opcodes.ACC_PUBLIC, "<init>", "()V", null, null);
        constructor.visitVarInsn(Opcodes.ALOAD, 0);
        constructor.visitMethodInsn(Opcodes.INVOKESPECIAL, NODE, "<init>", "()V", false);
        constructor.visitInsn(Opcodes.RETURN);
        constructor.visitMaxs(1, 1);
    }

    private static byte[] expected() {
        ClassWriter out = new ClassWriter(0);
        List<String> interfaces = new ArrayList<>(List.of("c/C0", "c/C1"));
        out.visit(
                Opcodes.V1_6,
                Opcodes.ACC_PUBLIC | Opcodes.ACC_SUPER,
                "a/B",
                null,
                NODE,
                interfaces.toArray(String[]::new));
        constructor(out);
        MethodVisitor calls =
                out.visitMethod(Opcodes.ACC_PUBLIC, "longs", LONGS.descriptor().text(), null, null);
        Label start = new Label();
        calls.visitLabel(start);
        calls.visitLineNumber(17, start);
        calls.visitVarInsn(Opcodes.ALOAD, 0);
        calls.visitFieldInsn(Opcodes.GETFIELD, NODE, "next", "Ljava/lang/Object;");
        calls.visitTypeInsn(Opcodes.CHECKCAST, "c/C1");
        calls.visitMethodInsn(Opcodes.INVOKEINTERFACE, "c/C1", "inner‹T›", "()V", true);
        calls.visitInsn(Opcodes.DCONST_0);
        calls.visitInsn(Opcodes.DRETURN);
        calls.visitMaxs(2, 7);
        MethodVisitor commits = out.visitMethod(Opcodes.ACC_PUBLIC, "inner‹T›", "()V", null, null);
        commits.visitVarInsn(Opcodes.ALOAD, 0);
        commits.visitFieldInsn(Opcodes.GETFIELD, NODE, "next", "Ljava/lang/Object;");
        commits.visitTypeInsn(Opcodes.CHECKCAST, "io/dwunw/jfr/EventSlot");
        commits.visitFieldInsn(Opcodes.GETFIELD, "io/dwunw/jfr/EventSlot", "event", "Ljdk/jfr/Event;");
        commits.visitMethodInsn(Opcodes.INVOKEVIRTUAL, "jdk/jfr/Event", "commit", "()V", false);
        commits.visitInsn(Opcodes.RETURN);
        commits.visitMaxs(2, 1);
        return out.toByteArray();
    }
}
