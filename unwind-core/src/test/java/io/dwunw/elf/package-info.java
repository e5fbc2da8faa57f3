// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.elf;

import org.jspecify.annotations.NullMarked;
