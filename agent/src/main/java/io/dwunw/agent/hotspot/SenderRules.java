// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Rules that decide whether the registers of a supposed caller can be those of a frame of generated code. This is what
 * tells stale code from live code, and what finds the frame where code does not say where it is. Hot.
 */
final class SenderRules {
    /** It cannot be. */
    static final int INVALID = 0;
    /** Nothing speaks against it. */
    static final int WEAK = 1;
    /** The JVM's own description confirms it. */
    static final int STRONG = 2;

    private final CodeCache codeCache;
    private final BlobNames names;
    private final CompiledScopes scopes;
    private final InterpretedFrames interpreted;
    private final EntryStubs entries;
    private final DeoptHandlers deopt;
    private final CodeBlob blob = new CodeBlob();

    SenderRules(
            CodeCache codeCache,
            BlobNames names,
            CompiledScopes scopes,
            InterpretedFrames interpreted,
            EntryStubs entries,
            DeoptHandlers deopt) {
        this.codeCache = codeCache;
        this.names = names;
        this.scopes = scopes;
        this.interpreted = interpreted;
        this.entries = entries;
        this.deopt = deopt;
    }

    /** Whether code may have been freed since the stack was copied, so that a caller that is valid may be another's. */
    boolean mayHaveLost() {
        return scopes.mayHaveLost();
    }

    /** Judges the cursor's sender. */
    int validity(JavaCursor cursor) {
        return validity(cursor, cursor.senderPc(), cursor.senderSp(), cursor.senderFp());
    }

    int validity(JavaCursor cursor, long pc, long sp, long fp) {
        if (!codeCache.contains(pc)) {
            return INVALID;
        }
        if (interpreted.contains(pc)) {
            return interpreted.validity(cursor, sp, fp);
        }
        if (entries.isCallStub(pc)) {
            return entries.callStubValidity(cursor, sp, fp);
        }
        if (!codeCache.find(pc, blob)) {
            return INVALID;
        }
        return switch (names.kind(blob)) {
            case NMETHOD -> compiledValidity(cursor, pc, sp);
            case CONTINUATION_STUB -> WEAK;
            case NATIVE_WRAPPER, UPCALL, STUB_ROUTINES, RUNTIME_STUB -> CallSites.endsCall(blob, pc) ? WEAK : INVALID;
            case INTERPRETER, ADAPTER, VTABLE -> INVALID;
        };
    }

    private int compiledValidity(JavaCursor cursor, long pc, long sp) {
        if (blob.frameSize() <= 0 || !blob.codeContains(pc)) {
            return INVALID;
        }
        if (deopt.isHandler(pc, blob)) {
            return deopt.originalPc(cursor, sp, blob) != 0 ? STRONG : INVALID;
        }
        int entry = scopes.find(pc, blob, false);
        if (entry != CompiledScopes.NONE && scopes.isExact(entry)) {
            return STRONG;
        }
        return CallSites.endsCall(blob, pc) ? WEAK : INVALID;
    }
}
