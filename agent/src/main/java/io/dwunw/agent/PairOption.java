// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.AllocatorPair;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code LIBRARY:ALLOCATE[SIZE][->N]/FREE[(N)]}.
 *
 * <pre>
 * SIZE:  (N)    the Nth argument is the size; (1) if nothing is said
 *        (N*M)  the product of two arguments
 *        =BYTES each block is of so many bytes
 *        =return the size is returned, 0 or less if there is no block; the address then takes ->N
 * ->N:   the address is written to where the Nth argument points, and 0 (or the size) is returned;
 *        without it, the address is returned
 * FREE(N): the Nth argument is the address; (1) if nothing is said
 * </pre>
 */
final class PairOption {
    private static final String EXPECTED = "expected LIBRARY:ALLOCATE/FREE, such as libfoo.so:ctx_new(1)/ctx_free";
    private static final long MAX_CONSTANT = 1L << 40;

    private PairOption() {}

    static AllocatorPair parse(@Nullable String value) throws OptionException {
        String text = value == null ? "" : value;
        int slash = text.lastIndexOf('/');
        int colon = slash < 0 ? -1 : text.lastIndexOf(':', slash);
        if (colon <= 0) {
            throw wrong(text, EXPECTED);
        }
        String library = text.substring(0, colon);
        Function free = Function.of(text, text.substring(slash + 1));
        if (free.factor != 0 || free.constant != 0 || free.out != 0) {
            throw wrong(text, "what follows the / is a function and at most the number of one argument");
        }
        Function allocate = Function.of(text, text.substring(colon + 1, slash));
        if (library.endsWith("/")) {
            throw wrong(text, EXPECTED);
        }
        boolean argument = allocate.argument != 0 || allocate.constant == 0;
        return new AllocatorPair(
                library,
                allocate.name,
                argument ? Math.max(1, allocate.argument) : 0,
                allocate.factor,
                allocate.constant,
                allocate.out,
                free.name,
                Math.max(1, free.argument));
    }

    /** The pair as {@link #parse} reads it, with everything said. */
    static String text(AllocatorPair pair) {
        String size = "(" + pair.sizeArgument() + ")";
        if (pair.sizeArgument() == AllocatorPair.RETURNED) {
            size = "=return";
        } else if (pair.factorArgument() != 0) {
            size = "(" + pair.sizeArgument() + "*" + pair.factorArgument() + ")";
        } else if (pair.sizeArgument() == 0) {
            size = "=" + pair.constantSize();
        }
        String out = pair.outArgument() == 0 ? "" : "->" + pair.outArgument();
        return pair.library() + ":" + pair.allocate() + size + out + "/" + pair.free() + "(" + pair.freeArgument()
                + ")";
    }

    private record Function(String name, int argument, int factor, long constant, int out) {
        static Function of(String pair, String text) throws OptionException {
            int arrow = text.indexOf("->");
            int out = arrow < 0 ? 0 : argument(pair, text.substring(arrow + 2));
            String rest = arrow < 0 ? text : text.substring(0, arrow);
            int equals = rest.indexOf('=');
            if (equals >= 0 && rest.substring(equals + 1).strip().equals("return")) {
                if (out == 0) {
                    throw wrong(
                            pair,
                            "what is returned cannot be both size and address: add ->N, the argument that points"
                                    + " to where the address is written");
                }
                return new Function(name(pair, rest.substring(0, equals)), AllocatorPair.RETURNED, 0, 0, out);
            }
            if (equals >= 0) {
                long constant = OptionValues.bytes("pair", rest.substring(equals + 1), 1, MAX_CONSTANT);
                return new Function(name(pair, rest.substring(0, equals)), 0, 0, constant, out);
            }
            int open = rest.indexOf('(');
            if (open < 0) {
                return new Function(name(pair, rest), 0, 0, 0, out);
            }
            if (!rest.endsWith(")")) {
                throw wrong(pair, "a ( needs its )");
            }
            String inside = rest.substring(open + 1, rest.length() - 1);
            int star = inside.indexOf('*');
            int first = argument(pair, star < 0 ? inside : inside.substring(0, star));
            int second = star < 0 ? 0 : argument(pair, inside.substring(star + 1));
            return new Function(name(pair, rest.substring(0, open)), first, second, 0, out);
        }

        private static String name(String pair, String text) throws OptionException {
            String name = text.strip();
            boolean good = !name.isEmpty()
                    && name.chars().allMatch(c -> Character.isJavaIdentifierPart(c) || c == '.' || c == '@');
            if (!good) {
                throw wrong(pair, "'" + OptionValues.shown(name) + "' is no function's name");
            }
            return name;
        }

        private static int argument(String pair, String text) throws OptionException {
            String number = text.strip();
            if (number.length() == 1
                    && number.charAt(0) >= '1'
                    && number.charAt(0) - '0' <= AllocatorPair.MAX_ARGUMENT) {
                return number.charAt(0) - '0';
            }
            throw wrong(
                    pair,
                    "'" + OptionValues.shown(number) + "' is no argument's number, which are 1 to "
                            + AllocatorPair.MAX_ARGUMENT);
        }
    }

    private static OptionException wrong(String text, String why) {
        return new OptionException("option 'pair' cannot be '" + OptionValues.shown(text) + "'; " + why);
    }
}
