// SPDX-License-Identifier: MIT
@NullMarked
package io.dwunw.example;

import org.jspecify.annotations.NullMarked;
