package io.dwunw.agent.ringbuf;

/** Something that samples can be drained from. Belongs to one consuming thread. */
@FunctionalInterface
public interface SampleSource {
    /**
     * Hands over what is there, in the order of production, without waiting.
     *
     * @param limit most records to hand over
     * @return records handed over; fewer than {@code limit} means that the source is empty for now
     */
    int drain(SampleHandler handler, int limit);
}
