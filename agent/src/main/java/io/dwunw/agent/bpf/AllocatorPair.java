// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

/**
 * Two functions of the user's: one hands out blocks, the other takes them back. SyscallArena are numbered from 1,
 * integers and pointers only; 0 = none.
 *
 * @param library file name, with or without its version, or absolute path of the library that has them; a {@code *}
 *     stands for any characters, because a program may unpack its library into a file with a random name
 * @param allocate name of the function that allocates
 * @param sizeArgument says how large the block is to be; 0 = {@code constantSize} does; {@link #RETURNED}
 * @param factorArgument the size is to be multiplied by it
 * @param constantSize bytes of each block
 * @param outArgument points to where the block's address is written, and the function returns 0 if that went well, or
 *     the size; 0 = the address is what the function returns
 * @param free name of the function that frees
 * @param freeArgument the block's address
 */
public record AllocatorPair(
        String library,
        String allocate,
        int sizeArgument,
        int factorArgument,
        long constantSize,
        int outArgument,
        String free,
        int freeArgument) {
    /** Pairs that one process can have. */
    public static final int MAX_PAIRS = EngineLayout.CUSTOM_FUNCTIONS / 2;

    /** SyscallArena that are passed in registers. */
    public static final int MAX_ARGUMENT = 6;

    /** No argument: the size is what the function returns, as 64 bits with a sign; 0 or less if there is no block. */
    public static final int RETURNED = EngineLayout.CUSTOM_RETURNED;

    /** The library's file name. */
    public String file() {
        return library.substring(library.lastIndexOf('/') + 1);
    }

    /** Whether a mapped file is the library. */
    boolean isIn(Mapping mapping) {
        if (library.startsWith("/")) {
            return matches(library, mapping.path());
        }
        String file = mapping.fileName();
        return matches(library, file) || matches(library + ".*", file);
    }

    /** Every {@code *} takes as little as it can, and more as long as what follows does not fit. */
    private static boolean matches(String pattern, String text) {
        int at = 0;
        int star = -1;
        int resumeAt = 0;
        int p = 0;
        while (at < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = p++;
                resumeAt = at;
            } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(at)) {
                p++;
                at++;
            } else if (star >= 0) {
                p = star + 1;
                at = ++resumeAt;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }
}
