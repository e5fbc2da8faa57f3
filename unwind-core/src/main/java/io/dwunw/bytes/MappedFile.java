package io.dwunw.bytes;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens files by mapping them: only the pages that are read are ever in memory, and no descriptor stays open. */
public final class MappedFile {
    private MappedFile() {}

    /**
     * Maps a whole file read-only, little-endian until {@link Bytes#order} says otherwise. The mapping lives as long as
     * the bytes are reachable.
     *
     * @throws IOException if the file cannot be read, or has 2 GiB or more
     */
    public static Bytes map(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > Integer.MAX_VALUE) {
                throw new IOException(path + " has " + size + " bytes, more than can be mapped at once");
            }
            ByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size);
            return Bytes.of(mapped.order(ByteOrder.LITTLE_ENDIAN));
        }
    }
}
