package io.dwunw.agent.hotspot;

/** Classes unloaded so far. It rises before the memory of the first of them can be used again. Hot. */
@FunctionalInterface
public interface UnloadCounter {
    long value();
}
