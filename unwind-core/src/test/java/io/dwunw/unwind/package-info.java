// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.unwind;

import org.jspecify.annotations.NullMarked;
