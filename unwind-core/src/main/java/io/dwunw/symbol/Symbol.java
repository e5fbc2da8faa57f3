// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

/**
 * The name of a code address.
 *
 * @param name demangled, C++ with parameters, without version or offset; "" if unknown
 * @param mangled as the symbol table has it, without version; "" if unknown
 * @param offset bytes from the symbol's start to the address; the SVMA itself if unknown
 * @param exact whether the address lies inside the symbol's stated size; false for the nearest symbol below, which in a
 *     stripped file may be a quite different function
 */
public record Symbol(String name, String mangled, long offset, boolean exact) {

    static Symbol unknown(long svma) {
        return new Symbol("", "", svma, false);
    }

    /** Whether there is a name at all. */
    public boolean isKnown() {
        return !name.isEmpty();
    }
}
