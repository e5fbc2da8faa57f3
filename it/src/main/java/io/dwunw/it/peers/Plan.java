// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Plan that the user asked for.
 *
 * @param quick less of everything
 * @param jdk directory or feature version
 * @param rounds at most
 * @param minutes after which no round begins that would not end in time
 * @param millis measured in each run; 0 for what is usual
 * @param markdown file to write the report to; null for none
 * @param names workloads and peers, in any order; none means all
 */
record Plan(
        boolean quick,
        String jdk,
        int rounds,
        int minutes,
        long millis,
        @Nullable Path markdown,
        List<String> names) {

    static final String USAGE = """
            usage: it/compare-peers [option...] [workload...] [peer...]     (none named: all)
              --quick          some 4 minutes: fewer workloads, short runs
              --jdk JDK        feature version (under /usr/lib/jvm) or directory  (default: the one that runs this)
              --rounds N       at most  (default 5)
              --minutes N      begin no round that would end later  (default 20; quick 4)
              --millis N       measured in each run  (default 1000; quick 500)
              --markdown FILE  write the report there, too
              --list           print names of workloads and peers""";

    private static final int ROUNDS = 5;
    private static final int MINUTES = 20;
    private static final int QUICK_MINUTES = 4;
    private static final int MAX_NUMBER = 100_000;

    /** Fails with a message for the user. */
    static Plan parse(List<String> args) {
        boolean quick = args.contains("--quick");
        String jdk = System.getProperty("java.home");
        int rounds = ROUNDS;
        int minutes = quick ? QUICK_MINUTES : MINUTES;
        long millis = 0;
        Path markdown = null;
        List<String> names = new ArrayList<>();
        for (int i = 0; i < args.size(); i++) {
            String arg = args.get(i);
            switch (arg) {
                case "--quick" -> {}
                case "--jdk" -> jdk = value(args, ++i);
                case "--rounds" -> rounds = number(args, ++i);
                case "--minutes" -> minutes = number(args, ++i);
                case "--millis" -> millis = number(args, ++i);
                case "--markdown" -> markdown = Path.of(value(args, ++i));
                default -> names.add(name(arg));
            }
        }
        return new Plan(quick, jdk, rounds, minutes, millis, markdown, List.copyOf(names));
    }

    private static String name(String arg) {
        if (arg.startsWith("-")) {
            throw new IllegalArgumentException("unknown option " + arg);
        }
        return arg;
    }

    private static String value(List<String> args, int index) {
        if (index == args.size()) {
            throw new IllegalArgumentException(args.get(index - 1) + " needs a value");
        }
        return args.get(index);
    }

    private static int number(List<String> args, int index) {
        String text = value(args, index);
        if (!text.matches("[1-9]\\d{0,5}") || Integer.parseInt(text) > MAX_NUMBER) {
            throw new IllegalArgumentException(
                    args.get(index - 1) + " " + text + " is no number from 1 to " + MAX_NUMBER);
        }
        return Integer.parseInt(text);
    }

    Timing timing() {
        long measured = millis > 0 ? millis : quick ? 500 : 1_000;
        return new Timing(quick ? 500 : 800, measured);
    }
}
