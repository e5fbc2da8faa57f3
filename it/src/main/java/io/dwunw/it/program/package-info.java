// SPDX-License-Identifier: MIT
/**
 * The programs that integration tests run in JVMs of their own, under the agent or without it.
 *
 * <p>A program prints what a test has to know on standard output, one {@code key=value} a line, and knows neither the
 * agent nor the test. Several run on a JDK with {@code java.base} alone, so only
 * {@link io.dwunw.it.program.UnsafeMemory} and {@link io.dwunw.it.program.Streaming} may need another module.
 */
@NullMarked
package io.dwunw.it.program;

import org.jspecify.annotations.NullMarked;
