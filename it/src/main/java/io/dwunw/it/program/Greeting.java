// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/**
 * A program that must behave the same with and without the agent: writes to both streams, then ends as its argument
 * says: {@code return}, {@code exit <code>}, {@code throw}, or {@code throw-in-thread}.
 */
public final class Greeting {
    private Greeting() {}

    public static void main(String[] args) throws InterruptedException {
        int sum = 0;
        for (int i = 0; i < 1_000; i++) {
            sum += Integer.toString(i).hashCode() % 7;
        }
        System.out.println("Grüße, sum " + sum);
        switch (args[0]) {
            case "return" -> {}
            case "exit" -> System.exit(Integer.parseInt(args[1]));
            case "throw" -> throw new IllegalStateException("thrown on purpose");
            case "throw-in-thread" -> {
                Thread thread = new Thread(Greeting::fail, "failing");
                thread.start();
                thread.join();
            }
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    private static void fail() {
        throw new IllegalStateException("thrown on purpose in a thread");
    }
}
