@NullMarked
package io.dwunw.module;

import org.jspecify.annotations.NullMarked;
