// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.module;

import org.jspecify.annotations.NullMarked;
