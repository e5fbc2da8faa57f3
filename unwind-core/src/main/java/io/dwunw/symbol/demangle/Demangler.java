// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.nio.charset.StandardCharsets;

/** Readable names for linker names, spelled as {@code nm -C} of binutils 2.40 spells them. Stateless, thread-safe. */
public final class Demangler {
    private Demangler() {}

    /**
     * The readable name. Never throws: what is not a mangled C++ or Rust name, is malformed, or would exceed a cap on
     * size, nesting or work, comes back as it is.
     *
     * @param name a symbol's name, without {@code @VERSION}
     */
    public static String demangle(String name) {
        if (!looksMangled(name) || name.length() > DemangleBudget.MAX_INPUT) {
            return name;
        }
        try {
            // Lengths inside mangled names count bytes: each char stands for one while demangling.
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            boolean ascii = utf8.length == name.length();
            String text = ascii ? name : new String(utf8, StandardCharsets.ISO_8859_1);
            String plain = demangleBytes(text);
            return ascii ? plain : new String(plain.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        } catch (NotMangledException e) {
            return name;
        }
    }

    private static boolean looksMangled(String name) {
        return name.startsWith("_Z") || name.startsWith("_R") || name.startsWith("_GLOBAL_");
    }

    private static String demangleBytes(String name) {
        String rust = name.startsWith("_R")
                ? RustV0Demangler.demangle(name, new DemangleBudget())
                : RustLegacyDemangler.demangle(name);
        if (rust != null) {
            return rust;
        }
        return new ItaniumPrinter(new DemangleBudget()).text(parse(name));
    }

    private static Node parse(String name) {
        ItaniumParser parser = new ItaniumParser(name, new DemangleBudget(), false);
        try {
            return parser.parse();
        } catch (NotMangledException e) {
            if (!parser.mayHaveOldUnresolvedNames()) {
                throw e;
            }
            return new ItaniumParser(name, new DemangleBudget(), true).parse();
        }
    }
}
