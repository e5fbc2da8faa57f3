// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** Takes the frames that a walk through Java code finds, innermost first. Hot: implementations allocate nothing. */
public interface JavaFrameSink {
    /** The bytecode index of a frame whose place in its method is unknown. */
    int BCI_UNKNOWN = -1;

    /** The bytecode index of a frame of a native method. */
    int BCI_NATIVE = -2;

    /**
     * One frame of a Java method, physical or inlined.
     *
     * @param methodId of {@link JavaMethods}; 0 if the method is unknown
     * @param bci bytecode index, or one of the constants here
     * @param approximate whether the index belongs to a neighbouring instruction
     */
    void javaFrame(int methodId, int bci, boolean approximate);

    /**
     * One frame of code that HotSpot generated for itself.
     *
     * @param stubId the name, a number of {@link BlobNames}
     */
    void stubFrame(int stubId);
}
