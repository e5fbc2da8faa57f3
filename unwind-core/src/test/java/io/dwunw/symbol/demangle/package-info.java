// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.NullMarked;
