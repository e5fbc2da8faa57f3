// SPDX-License-Identifier: MIT
package io.dwunw.it.spring;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;

/** Note that the application keeps in its database. */
@Entity
public class Note {
    @Id
    @GeneratedValue
    private long id;

    private String text = "";

    /** For the persistence provider. */
    protected Note() {}

    public Note(String text) {
        this.text = text;
    }

    public long getId() {
        return id;
    }

    public String getText() {
        return text;
    }
}
