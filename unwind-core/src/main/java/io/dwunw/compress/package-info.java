// SPDX-License-Identifier: MIT
/**
 * Decompression of what ELF files carry compressed and the JDK cannot read: xz, for {@code .gnu_debugdata}.
 *
 * <p>Must not know ELF. Bytes in, bytes out; the caller says how many bytes the result may have.
 *
 * <p>Threading: no shared state. Allocation: the result, and about 30 KiB per call. On the Java heap only, unlike
 * {@code java.util.zip.Inflater}, whose state would show up among the native allocations of the traced process.
 *
 * <p>Sources: <a href="https://tukaani.org/xz/xz-file-format.txt">The .xz File Format, 1.2.1</a>, and the LZMA
 * specification of the LZMA SDK.
 */
@NullMarked
package io.dwunw.compress;

import org.jspecify.annotations.NullMarked;
