@NullMarked
package io.dwunw.agent;

import org.jspecify.annotations.NullMarked;
