// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Check that tells whether the instruction before an address is a call (Intel SDM vol. 2, {@code CALL}): {@code E8
 * rel32}, or {@code FF /2} in any of its forms. Hot.
 */
final class CallSites {
    private static final int CALL_RELATIVE = 0xe8;
    private static final int CALL_BYTES = 5;
    private static final int CALL_INDIRECT = 0xff;
    private static final int SIB = 4;

    private CallSites() {}

    /** The first address in a blob's code that a call in it returns to; 0 if there is none. Cold. */
    static long firstReturn(CodeBlob blob) {
        for (long pc = blob.codeBegin() + CALL_BYTES; pc < blob.codeEnd(); pc++) {
            if (blob.codeByte(pc - CALL_BYTES) == CALL_RELATIVE) {
                return pc;
            }
        }
        return 0;
    }

    static boolean endsCall(CodeBlob blob, long pc) {
        if (blob.codeByte(pc - CALL_BYTES) == CALL_RELATIVE) {
            return true;
        }
        for (int length = 2; length <= 7; length++) {
            if (blob.codeByte(pc - length) == CALL_INDIRECT && indirectLength(blob, pc - length + 1) == length) {
                return true;
            }
        }
        return false;
    }

    /** Length of {@code FF /2} with the ModRM byte at {@code at}; 0 if it is another instruction. */
    private static int indirectLength(CodeBlob blob, long at) {
        int modRm = blob.codeByte(at);
        if ((modRm >> 3 & 7) != 2) {
            return 0;
        }
        int mode = modRm >> 6;
        int rm = modRm & 7;
        int sib = mode != 3 && rm == SIB ? 1 : 0;
        return switch (mode) {
            case 0 -> rm == 5 || (sib == 1 && (blob.codeByte(at + 1) & 7) == 5) ? 6 + sib : 2 + sib;
            case 1 -> 3 + sib;
            case 2 -> 6 + sib;
            default -> 2;
        };
    }
}
