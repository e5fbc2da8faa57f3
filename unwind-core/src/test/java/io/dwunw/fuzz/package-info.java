// SPDX-License-Identifier: MIT
/**
 * Hostile input. Whatever the bytes, decoding ends, allocates no more than the named caps allow, and throws nothing but
 * {@link io.dwunw.bytes.MalformedDataException}. {@code HostileInputTest} mutates real files with a fixed seed in every
 * build; {@code FuzzTargetsTest} is for Jazzer, which in a normal build only repeats its corpus.
 */
@NullMarked
package io.dwunw.fuzz;

import org.jspecify.annotations.NullMarked;
