// SPDX-License-Identifier: MIT
package io.dwunw.compress;

/** CRC-64 of ECMA-182, bits reflected, as .xz uses it (paragraph 6). */
final class Crc64 {
    private static final long POLYNOMIAL = 0xc96c_5795_d787_0f42L;
    private static final long[] TABLE = table();

    private Crc64() {}

    private static long[] table() {
        long[] table = new long[256];
        for (int i = 0; i < table.length; i++) {
            long value = i;
            for (int bit = 0; bit < 8; bit++) {
                value = (value & 1) != 0 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
            }
            table[i] = value;
        }
        return table;
    }

    static long of(byte[] bytes, int offset, int length) {
        long crc = ~0L;
        for (int i = offset; i < offset + length; i++) {
            crc = TABLE[(int) (crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
        }
        return ~crc;
    }
}
