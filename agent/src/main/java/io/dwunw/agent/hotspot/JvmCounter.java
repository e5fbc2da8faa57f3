package io.dwunw.agent.hotspot;

/** Something that the JVM has done so many times: it only rises, and that before what it announces takes effect. Hot. */
@FunctionalInterface
public interface JvmCounter {
    long value();
}
