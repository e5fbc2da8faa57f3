// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.testkit.NativeProgram;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileBytesTest {
    /** More pages than are kept, and a part of one. */
    private static final int SIZE = FileBytes.PAGE_BYTES * (FileBytes.KEPT_PAGES + 3) + 100;

    private final byte[] content = new byte[SIZE];

    @TempDir
    Path directory = Path.of("");

    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        new Random(5).nextBytes(content);
        file = Files.write(directory.resolve("file"), content);
    }

    @Test
    void readsWhatTheFileHoldsInBothOrdersAndAcrossPages() throws IOException {
        for (ByteOrder order : List.of(ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN)) {
            Bytes bytes = FileBytes.open(file).order(order);
            ByteBuffer expected = ByteBuffer.wrap(content).order(order);
            assertThat(bytes.size()).isEqualTo(SIZE);
            for (int page = 0; page <= SIZE / FileBytes.PAGE_BYTES; page++) {
                int from = Math.max(0, page * FileBytes.PAGE_BYTES - 9);
                for (int at = from; at < from + 10; at++) {
                    assertThat(bytes.u8(at)).isEqualTo(expected.get(at) & 0xff);
                    assertThat(bytes.u16(at)).isEqualTo(expected.getShort(at) & 0xffff);
                    assertThat(bytes.s32(at)).isEqualTo(expected.getInt(at));
                    assertThat(bytes.u64(at)).isEqualTo(expected.getLong(at));
                }
            }
            assertThat(bytes.u64(SIZE - 8)).isEqualTo(expected.getLong(SIZE - 8));
            assertThatThrownBy(() -> bytes.u64(SIZE - 7)).isInstanceOf(MalformedDataException.class);
        }
    }

    /** Opening a pipe would wait for somebody to write to it. */
    @Test
    void whatIsNoRegularFileIsNotOpened() throws IOException {
        Path pipe = directory.resolve("pipe");
        NativeProgram.run(List.of("mkfifo", pipe.toString()));
        Assertions.assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertThatThrownBy(() -> FileBytes.open(pipe)).isInstanceOf(IOException.class));
        assertThatThrownBy(() -> FileBytes.open(directory)).isInstanceOf(IOException.class);
    }

    @Test
    void slicesCopiesStringsAndChecksumsMayCrossPages() throws IOException {
        byte[] text = "a name".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        int at = 2 * FileBytes.PAGE_BYTES - 3;
        System.arraycopy(text, 0, content, at, text.length);
        content[at + text.length] = 0;
        Files.write(file, content);
        Bytes bytes = FileBytes.open(file);
        assertThat(bytes.cString(at, 6)).isEqualTo("a name");
        assertThatThrownBy(() -> bytes.cString(at, 5)).isInstanceOf(MalformedDataException.class);
        assertThat(bytes.slice(at + 2, 5).cString(0, 100)).isEqualTo("name");
        assertThatThrownBy(() -> bytes.slice(at + 2, 4).cString(0, 100)).isInstanceOf(MalformedDataException.class);
        assertThat(bytes.cStringEquals(at, "a name")).isTrue();
        assertThat(bytes.toArray(1, SIZE - 1)).isEqualTo(java.util.Arrays.copyOfRange(content, 1, SIZE));
        CRC32 crc = new CRC32();
        crc.update(content);
        assertThat(bytes.crc32()).isEqualTo(crc.getValue());
        assertThat(Bytes.of(content, ByteOrder.BIG_ENDIAN).crc32()).isEqualTo(crc.getValue());
        assertThat(Bytes.empty().crc32()).isZero();
    }

    /** A mapping would fault here: an InternalError behind the catch, or the end of the JVM. */
    @Test
    void whatIsCutOffIsMalformedAndWhatIsLeftIsThere() throws IOException {
        Bytes bytes = FileBytes.open(file);
        int left = FileBytes.PAGE_BYTES + 5;
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(left);
        }
        assertThat(bytes.u8(left - 1)).isEqualTo(content[left - 1] & 0xff);
        assertThatThrownBy(() -> bytes.u8(left)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.s32(left - 2)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.u64(SIZE - 8)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.toArray(0, SIZE)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(bytes::crc32).isInstanceOf(MalformedDataException.class);
    }

    @Test
    void aDeletedFileStaysReadableAndAClosedOneDoesNot() throws IOException {
        Bytes bytes = FileBytes.open(file);
        Files.delete(file);
        assertThat(bytes.u8(SIZE - 1)).isEqualTo(content[SIZE - 1] & 0xff);
        bytes.close();
        bytes.close();
        assertThatThrownBy(() -> bytes.u8(0)).isInstanceOf(MalformedDataException.class);
    }

    @Test
    void rereadingShowsWhatWasWrittenSince() throws IOException {
        Bytes bytes = FileBytes.open(file);
        assertThat(bytes.slice(2, 4).u8(1)).isEqualTo(content[3] & 0xff);
        content[3] ^= 1;
        Files.write(file, content, StandardOpenOption.WRITE);
        assertThat(bytes.slice(2, 4).reread().u8(1)).isEqualTo(content[3] & 0xff);
    }

    /** An interrupt closes the channels that the thread reads from. */
    @Test
    void anInterruptedThreadReadsLikeAnyOther() throws IOException {
        Bytes bytes = FileBytes.open(file);
        Thread.currentThread().interrupt();
        try {
            assertThat(FileBytes.open(file).u8(0)).isEqualTo(content[0] & 0xff);
            assertThat(bytes.u8(0)).isEqualTo(content[0] & 0xff);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(bytes.u8(SIZE - 1)).isEqualTo(content[SIZE - 1] & 0xff);
    }

    @Test
    void manyThreadsMayReadOneFile() throws Exception {
        Bytes bytes = FileBytes.open(file);
        int[] wrong = new int[4];
        Thread[] readers = new Thread[wrong.length];
        for (int t = 0; t < readers.length; t++) {
            int reader = t;
            readers[t] = new Thread(() -> {
                Random random = new Random(reader);
                for (int i = 0; i < 20_000; i++) {
                    int at = random.nextInt(SIZE);
                    wrong[reader] += bytes.u8(at) == (content[at] & 0xff) ? 0 : 1;
                }
            });
            readers[t].start();
        }
        for (Thread reader : readers) {
            reader.join();
        }
        assertThat(wrong).containsOnly(0);
    }
}
