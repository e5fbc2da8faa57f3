// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.memory;

import org.jspecify.annotations.NullMarked;
