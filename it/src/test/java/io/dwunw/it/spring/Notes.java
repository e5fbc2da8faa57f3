// SPDX-License-Identifier: MIT
package io.dwunw.it.spring;

import org.springframework.data.jpa.repository.JpaRepository;

/** Implemented by Spring at run time. */
public interface Notes extends JpaRepository<Note, Long> {}
