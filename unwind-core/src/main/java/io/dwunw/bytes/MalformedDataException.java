// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

/**
 * The one error of decoding: bytes that do not mean what their place says they should. It has no stack trace, because
 * hostile input must not make the reader slow; the reason and the offset say more than a stack would.
 */
public final class MalformedDataException extends RuntimeException {
    private final long offset;

    /**
     * @param reason what is wrong, a constant text
     * @param offset where: an offset in the section or file being read, or the offending value when there is no place
     */
    public MalformedDataException(String reason, long offset) {
        super(reason, null, false, false);
        this.offset = offset;
    }

    /** Offset in the bytes being read, or the offending value. */
    public long offset() {
        return offset;
    }

    @Override
    public String getMessage() {
        return super.getMessage() + " (0x" + Long.toHexString(offset) + ")";
    }
}
