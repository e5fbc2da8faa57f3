package io.dwunw.agent.ringbuf;

/** Something that samples can be drained from. Belongs to one consuming thread. */
public interface SampleSource {
    /**
     * Hands over what is there, in the order of production, without waiting.
     *
     * @param limit most records to hand over
     * @return records handed over; fewer than {@code limit} means that the source is empty for now
     */
    int drain(SampleHandler handler, int limit);

    /**
     * Bytes that were begun and not handed over. More than 0 when {@link #drain} finds nothing: a producer was interrupted
     * while it wrote a record, and all that was produced after it waits behind.
     */
    long backlog();

    /** Whether a quarter of the room for records is taken, so that some will be lost unless they are taken in faster. */
    boolean crowded();
}
