// SPDX-License-Identifier: MIT
package io.dwunw.compress;

/** Sizes of a stream's blocks, reduced to what tells two lists of them apart: count, sums, and a running hash. */
final class XzIndexSummary {
    private int count;
    private long unpaddedBytes;
    private long decodedBytes;
    private long hash;

    void add(long unpadded, long decoded) {
        count++;
        unpaddedBytes += unpadded;
        decodedBytes += decoded;
        hash = (hash * 31 + unpadded) * 31 + decoded;
    }

    int count() {
        return count;
    }

    boolean agreesWith(XzIndexSummary other) {
        return count == other.count
                && unpaddedBytes == other.unpaddedBytes
                && decodedBytes == other.decodedBytes
                && hash == other.hash;
    }
}
