// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.Nullable;

/** Hot: a flyweight over one code blob. Everything that it says is only a claim, see {@link CodeHeap}. */
final class CodeBlob {
    private @Nullable CodeHeap heap;
    private @Nullable CodeBlobLayout layout;
    private long address;

    void wrap(CodeHeap in, long blob, CodeBlobLayout with) {
        heap = in;
        layout = with;
        address = blob;
    }

    long address() {
        return address;
    }

    /** Whether it has not been freed. */
    boolean isInUse() {
        CodeHeap in = heap();
        return in.isBlockUsed(in.blockOf(address));
    }

    int size() {
        return s4(layout().size());
    }

    /** Pointer to its name, a C string. */
    long namePointer() {
        return word(layout().name());
    }

    /** {@code CodeBlob::_kind}; -1 where the JVM has none. */
    int kind() {
        return layout().kind() < 0 ? -1 : u1(layout().kind());
    }

    boolean isUpcallKind() {
        int kind = kind();
        return kind >= 0 && kind == layout().upcallKind();
    }

    /** In words; 0 or less if the code has no fixed frame. */
    int frameSize() {
        return s4(layout().frameSize());
    }

    long codeBegin() {
        return position(layout().codeBegin());
    }

    long codeEnd() {
        return position(layout().codeEnd());
    }

    /** Bytes of code until the frame is set up. */
    int frameComplete() {
        int at = layout().frameComplete();
        return layout().shortFrameComplete() ? heap().s2(address + at) : s4(at);
    }

    boolean codeContains(long pc) {
        return pc >= codeBegin() && pc < codeEnd();
    }

    int s4(int offset) {
        return heap().s4(address + offset);
    }

    long word(int offset) {
        return heap().word(address + offset);
    }

    int u1(int offset) {
        return heap().u1(address + offset);
    }

    /** One byte of the code heap around this blob. */
    int codeByte(long avma) {
        return heap().u1(avma);
    }

    int codeInt(long avma) {
        return heap().s4(avma);
    }

    private long position(int offset) {
        return layout().relative() ? address + s4(offset) : word(offset);
    }

    private CodeHeap heap() {
        CodeHeap in = heap;
        if (in == null) {
            throw new IllegalStateException("not laid over a blob");
        }
        return in;
    }

    private CodeBlobLayout layout() {
        CodeBlobLayout with = layout;
        if (with == null) {
            throw new IllegalStateException("not laid over a blob");
        }
        return with;
    }
}
