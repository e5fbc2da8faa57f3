// SPDX-License-Identifier: MIT
/**
 * Bounds-checked, endian-aware reading of bytes from untrusted sources.
 *
 * <p>Everything read from a file or from a process goes through {@link io.dwunw.bytes.Bytes} (random access) or
 * {@link io.dwunw.bytes.ByteCursor} (sequential). Reading past the end throws the one decoding error of this library,
 * {@link io.dwunw.bytes.MalformedDataException}; nothing else, even if somebody cuts off a file that is being read. The
 * package knows neither ELF nor DWARF.
 *
 * <p>Threading: {@code Bytes} may be shared; a cursor belongs to one thread. Reading numbers allocates nothing, but a
 * page of a file when it is read.
 */
@NullMarked
package io.dwunw.bytes;

import org.jspecify.annotations.NullMarked;
