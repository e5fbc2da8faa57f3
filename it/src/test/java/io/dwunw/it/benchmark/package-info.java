// SPDX-License-Identifier: MIT
/**
 * JMH benchmarks; {@code it/benchmarks} runs them. They print figures beside those of peers measured in the same run
 * and assert nothing, because machines differ.
 */
@NullMarked
package io.dwunw.it.benchmark;

import org.jspecify.annotations.NullMarked;
