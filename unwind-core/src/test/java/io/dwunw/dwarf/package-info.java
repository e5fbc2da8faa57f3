// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.dwarf;

import org.jspecify.annotations.NullMarked;
