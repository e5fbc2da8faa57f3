// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.engine.Spelling;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Turns the text of single option values into numbers, and says in one line what is wrong with those that cannot be
 * converted.
 */
final class OptionValues {
    /** Longer values are cut when they are shown: a message stays one readable line. */
    private static final int MAX_SHOWN = 40;

    private static final int MAX_DECIMALS = 6;

    private OptionValues() {}

    /** A byte count such as {@code 1}, {@code 512k}, {@code 4m} or {@code 1g}, in powers of 1024. */
    static long bytes(String key, @Nullable String value, long min, long max) throws OptionException {
        return bytesOr("", key, value, min, max);
    }

    /**
     * A byte count where another word would do as well, which the message about one that will not do names; empty for
     * none.
     */
    static long bytesOr(String word, String key, @Nullable String value, long min, long max) throws OptionException {
        String or = word.isEmpty() ? "" : ", or " + word;
        String text = required(key, value, "a number of bytes such as 512k" + or);
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.endsWith("b")) {
            lower = lower.substring(0, lower.length() - 1);
        }
        int shift = shift(lower);
        String digits = shift == 0 ? lower : lower.substring(0, lower.length() - 1);
        long count = digits(digits);
        if (count < 0 || count > max >> shift || count << shift < min) {
            throw new OptionException("option '" + key + "' cannot be '" + shown(text) + "'; expected " + inBytes(min)
                    + " to " + inBytes(max) + ", such as " + (min > 1 ? inBytes(max) : "512k") + or);
        }
        return count << shift;
    }

    /** A plain decimal number. */
    static long number(String key, @Nullable String value, long min, long max) throws OptionException {
        String text = required(key, value, "a number");
        long number = digits(text);
        if (number < min || number > max) {
            throw new OptionException(
                    "option '" + key + "' cannot be '" + shown(text) + "'; expected " + min + " to " + max);
        }
        return number;
    }

    /** A time such as {@code 500ms}, {@code 5s}, {@code 2m} or {@code 1h}; a bare number means seconds. */
    static Duration duration(String key, @Nullable String value, Duration max) throws OptionException {
        return duration(key, value, max, "");
    }

    private static Duration duration(String key, @Nullable String value, Duration max, String otherwise)
            throws OptionException {
        String text = required(key, value, "a time such as 5s");
        String lower = text.toLowerCase(Locale.ROOT);
        int unitAt = 0;
        while (unitAt < lower.length() && Character.isDigit(lower.charAt(unitAt))) {
            unitAt++;
        }
        long millisPerUnit = switch (lower.substring(unitAt)) {
            case "ms" -> 1;
            case "", "s" -> 1000;
            case "m", "min" -> 60_000;
            case "h" -> 3_600_000;
            default -> -1;
        };
        long count = digits(lower.substring(0, unitAt));
        if (millisPerUnit < 0 || count < 0 || count > max.toMillis() / millisPerUnit) {
            throw new OptionException("option '" + key + "' cannot be '" + shown(text) + "'; expected a time up to "
                    + max.toDays() + " days such as 500ms, 5s or 2m" + otherwise);
        }
        return Duration.ofMillis(count * millisPerUnit);
    }

    /** A time such as {@code 60s}; {@code off} and 0 are zero. */
    static Duration durationOrOff(String key, @Nullable String value, Duration max) throws OptionException {
        return value != null && value.equalsIgnoreCase("off") ? Duration.ZERO : duration(key, value, max, ", or off");
    }

    /** A percentage such as {@code 1%}, {@code 0.5%} or a bare {@code 2}, as a part of 1; {@code off} and 0 are 0. */
    static double percentage(String key, @Nullable String value) throws OptionException {
        String text = required(key, value, "a percentage such as 1%, or off").toLowerCase(Locale.ROOT);
        if (text.equals("off")) {
            return 0;
        }
        String number =
                text.endsWith("%") ? text.substring(0, text.length() - 1).strip() : text;
        int point = number.indexOf('.');
        long whole = digits(point < 0 ? number : number.substring(0, point));
        long fraction = point < 0 ? 0 : digits(number.substring(point + 1));
        int places = point < 0 ? 0 : number.length() - point - 1;
        if (whole < 0 || fraction < 0 || places > MAX_DECIMALS || whole > 100 || (whole == 100 && fraction > 0)) {
            throw new OptionException("option '" + key + "' cannot be '" + shown(text)
                    + "'; expected a percentage up to 100% such as 1% or 0.5%, or off");
        }
        return (whole + fraction / Math.pow(10, places)) / 100;
    }

    /** A number of things that is allowed; {@code off} and 0 are 0: any number. */
    static int limit(String key, @Nullable String value, int max) throws OptionException {
        String text = required(key, value, "a number, or off");
        long number = text.equalsIgnoreCase("off") ? 0 : digits(text);
        if (number < 0 || number > max) {
            throw new OptionException(
                    "option '" + key + "' cannot be '" + shown(text) + "'; expected up to " + max + ", or off");
        }
        return (int) number;
    }

    static boolean bool(String key, @Nullable String value) throws OptionException {
        String text = required(key, value, "true or false").toLowerCase(Locale.ROOT);
        return switch (text) {
            case "true", "yes", "on" -> true;
            case "false", "no", "off" -> false;
            default ->
                throw new OptionException(
                        "option '" + key + "' cannot be '" + shown(text) + "'; expected true or false");
        };
    }

    /** The known key with the fewest edits to {@code key}; the first of equals. */
    static String nearest(String key, String... keys) {
        return Spelling.nearest(key, List.of(keys), 1).get(0);
    }

    static String shown(@Nullable String value) {
        if (value == null) {
            return "";
        }
        return value.length() <= MAX_SHOWN ? value : value.substring(0, MAX_SHOWN) + "…";
    }

    private static String required(String key, @Nullable String value, String expected) throws OptionException {
        if (value == null || value.isEmpty()) {
            throw new OptionException("option '" + key + "' needs a value: " + expected);
        }
        return value;
    }

    private static int shift(String text) {
        return switch (text.isEmpty() ? ' ' : text.charAt(text.length() - 1)) {
            case 'k' -> 10;
            case 'm' -> 20;
            case 'g' -> 30;
            case 't' -> 40;
            default -> 0;
        };
    }

    /** The number, or -1 when the text is not just digits, or too many of them. */
    private static long digits(String text) {
        if (text.isEmpty() || text.length() > 18) {
            return -1;
        }
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    /** The number with the largest unit that leaves it whole. */
    static String inBytes(long bytes) {
        String units = "kmgt";
        for (int i = units.length() - 1; i >= 0; i--) {
            int shift = 10 * (i + 1);
            if (bytes >> shift << shift == bytes && bytes >> shift > 0) {
                return (bytes >> shift) + units.substring(i, i + 1);
            }
        }
        return Long.toString(bytes);
    }
}
