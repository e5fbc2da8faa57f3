// SPDX-License-Identifier: MIT
/**
 * Recorded walks: what a walk read (registers, stack, the JVM's memory word by word, unwind rows and symbols of the
 * modules it passed), and the stack that must come of it, replayed on any machine, for any JDK. {@code
 * agent/record-golden} makes the recordings under {@code src/test/resources/golden} anew.
 */
@NullMarked
package io.dwunw.agent.golden;

import org.jspecify.annotations.NullMarked;
