// SPDX-License-Identifier: MIT
/** The rules of {@code ARCHITECTURE.md}, as far as a machine can check them. */
@NullMarked
package io.dwunw.it.architecture;

import org.jspecify.annotations.NullMarked;
