// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * All that was recorded in one process. The file is a gzip stream of Java's data format: magic, JDK, libjvm's address,
 * memory, modules, samples.
 *
 * @param jdk its version, for people
 * @param libjvm where the first byte of {@code libjvm.so} was mapped
 */
public record Recording(
        String jdk, long libjvm, RecordedMemory memory, List<RecordedModule> modules, List<RecordedSample> samples) {
    private static final String MAGIC = "dwunw golden walks 1";
    private static final int MAX_PARTS = 1000;
    private static final Map<Integer, Recording> KNOWN = new HashMap<>();

    void write(OutputStream to) throws IOException {
        try (DataOutputStream out = new DataOutputStream(new GZIPOutputStream(to))) {
            out.writeUTF(MAGIC);
            out.writeUTF(jdk);
            out.writeLong(libjvm);
            memory.write(out);
            out.writeInt(modules.size());
            for (RecordedModule module : modules) {
                module.write(out);
            }
            out.writeInt(samples.size());
            for (RecordedSample sample : samples) {
                sample.write(out);
            }
        }
    }

    /** Reads what {@link Recorder} wrote. */
    static Recording read(InputStream from) throws IOException {
        try (DataInputStream in = new DataInputStream(new GZIPInputStream(from))) {
            if (!in.readUTF().equals(MAGIC)) {
                throw new IOException("not a recording, or one of another version: run agent/record-golden");
            }
            String jdk = in.readUTF();
            long libjvm = in.readLong();
            RecordedMemory memory = RecordedMemory.read(in);
            List<RecordedModule> modules = new ArrayList<>();
            for (int i = Math.min(in.readInt(), MAX_PARTS); i > 0; i--) {
                modules.add(RecordedModule.read(in));
            }
            List<RecordedSample> samples = new ArrayList<>();
            for (int i = Math.min(in.readInt(), MAX_PARTS); i > 0; i--) {
                samples.add(RecordedSample.read(in));
            }
            return new Recording(jdk, libjvm, memory, modules, samples);
        }
    }

    /** The recording for a JDK, from the resources of this project's tests. */
    static synchronized Recording ofJdk(int feature) throws IOException {
        Recording known = KNOWN.get(feature);
        if (known == null) {
            known = load(feature);
            KNOWN.put(feature, known);
        }
        return known;
    }

    private static Recording load(int feature) throws IOException {
        String name = "/golden/jdk" + feature + ".walks";
        try (InputStream in = Recording.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no recording " + name);
            }
            return read(in);
        }
    }
}
