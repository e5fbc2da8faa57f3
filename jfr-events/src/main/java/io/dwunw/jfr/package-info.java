@NullMarked
package io.dwunw.jfr;

import org.jspecify.annotations.NullMarked;
