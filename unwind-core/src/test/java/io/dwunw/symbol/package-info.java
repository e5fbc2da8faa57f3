// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.symbol;

import org.jspecify.annotations.NullMarked;
