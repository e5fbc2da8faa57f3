// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.zip.CRC32;

/** Integrity check of a block, paragraph 2.1.1.2. */
enum XzCheck {
    NONE(0) {
        @Override
        boolean matches(DecodedBytes decoded, int from, Bytes stored) {
            return true;
        }
    },
    CRC_32(4) {
        @Override
        boolean matches(DecodedBytes decoded, int from, Bytes stored) {
            CRC32 crc = new CRC32();
            crc.update(decoded.array(), from, decoded.size() - from);
            return crc.getValue() == stored.u32(0);
        }
    },
    CRC_64(8) {
        @Override
        boolean matches(DecodedBytes decoded, int from, Bytes stored) {
            return Crc64.of(decoded.array(), from, decoded.size() - from) == stored.u64(0);
        }
    },
    SHA_256(32) {
        @Override
        boolean matches(DecodedBytes decoded, int from, Bytes stored) {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                digest.update(decoded.array(), from, decoded.size() - from);
                return Arrays.equals(digest.digest(), stored.toArray(0, bytes()));
            } catch (NoSuchAlgorithmException impossible) {
                throw new IllegalStateException(impossible); // every Java platform has it
            }
        }
    };

    private final int bytes;

    XzCheck(int bytes) {
        this.bytes = bytes;
    }

    static XzCheck of(int type, long position) {
        return switch (type) {
            case 0 -> NONE;
            case 1 -> CRC_32;
            case 4 -> CRC_64;
            case 10 -> SHA_256;
            default -> throw new MalformedDataException("xz check is of an unknown kind", position);
        };
    }

    int bytes() {
        return bytes;
    }

    abstract boolean matches(DecodedBytes decoded, int from, Bytes stored);
}
