// SPDX-License-Identifier: MIT
package io.dwunw.it.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One {@code dwunw.NativeLeak} event as {@code jfr print --json} shows it.
 *
 * @param report number of the report that it belongs to
 * @param outstanding bytes allocated and not freed, estimated
 * @param outstandingLow so many at least, in 95 of 100 cases
 * @param blocks their number
 * @param stack innermost first
 */
record Leak(long report, String site, long outstanding, long outstandingLow, long blocks, List<Frame> stack) {

    /** Below this come the frames of the thread that published the event. */
    private static final String REPLAY_ROOT = "dwunw";

    /** A frame of the event's stack trace. Native frames have no package: {@code libz.inflateInit2_()}. */
    record Frame(String className, String methodName, int line) {
        private static final List<String> JDK_PACKAGES = List.of("java.", "javax.", "jdk.", "sun.", "com.sun.");
        /** Sets the names of replayed {@code java.*} classes apart from the JDK's own. */
        private static final String WORD_JOINER = "\u2060";

        boolean isApplication() {
            return className.indexOf('.') > 0 && JDK_PACKAGES.stream().noneMatch(className::startsWith);
        }

        @Override
        public String toString() {
            return className + "." + methodName + "()" + (line > 0 ? " line " + line : "");
        }

        static Frame of(Map<?, ?> json) {
            Map<?, ?> method = object(json, "method");
            String type = String.valueOf(object(method, "type").get("name"));
            return new Frame(
                    type.replace('/', '.').replace(WORD_JOINER, ""),
                    String.valueOf(method.get("name")).replace(WORD_JOINER, ""),
                    (int) number(json, "lineNumber"));
        }
    }

    static Leak of(Map<?, ?> event) {
        Map<?, ?> values = object(event, "values");
        List<Frame> stack = new ArrayList<>();
        if (values.get("stackTrace") instanceof Map<?, ?> trace && trace.get("frames") instanceof List<?> frames) {
            for (Object json : frames) {
                Frame frame = Frame.of(object(json));
                if (frame.className().equals(REPLAY_ROOT)) {
                    break;
                }
                stack.add(frame);
            }
        }
        return new Leak(
                number(values, "report"),
                String.valueOf(values.get("site")),
                number(values, "outstanding"),
                number(values, "outstandingLow"),
                number(values, "outstandingBlocks"),
                stack);
    }

    /** From malloc to the first frame of the application; the whole stack where there is none. */
    List<Frame> stackToApplication() {
        for (int i = 0; i < stack.size(); i++) {
            if (stack.get(i).isApplication()) {
                return stack.subList(0, i + 1);
            }
        }
        return stack;
    }

    /** The value as an object; an empty one where it is anything else. */
    static Map<?, ?> object(Object json) {
        return json instanceof Map<?, ?> map ? map : Map.of();
    }

    /** The member as an object; an empty one where it is absent or anything else. */
    static Map<?, ?> object(Map<?, ?> json, String member) {
        return json.get(member) instanceof Map<?, ?> map ? map : Map.of();
    }

    /** The member as a number; 0 where it is absent or anything else. */
    static long number(Map<?, ?> json, String member) {
        return json.get(member) instanceof Number number ? number.longValue() : 0;
    }
}
