// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/** Frame as an expression may ask for it. */
public interface ExpressionContext {
    /** Whether the register's value in this frame is known. */
    boolean hasRegister(int dwarfRegister);

    /** Defined only where {@link #hasRegister}. */
    long register(int dwarfRegister);

    /** Whether memory can be read there. */
    boolean canRead(long avma, int bytes);

    /** Reads 1, 2, 4 or 8 bytes, zero-extended. Defined only where {@link #canRead}. */
    long read(long avma, int bytes);

    /** AVMA − SVMA of the module whose expression it is, for {@code DW_OP_addr}. */
    long loadBias();
}
