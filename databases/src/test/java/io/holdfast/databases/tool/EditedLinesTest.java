package io.holdfast.databases.tool;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EditedLinesTest {
    private static final int LONG = 8 << 10;

    /** Lines with A change, those with B go. */
    private static final EditedLines.Edit EDIT = new EditedLines.Edit() {
        @Override
        public boolean concerns(byte first) {
            return first == 'A' || first == 'B';
        }

        @Override
        public Optional<EditedLines.Text> edited(EditedLines.Text line) {
            String letters = line.letters();
            return letters.startsWith("B")
                    ? Optional.empty()
                    : letters.startsWith("AA") ? Optional.of(line) : Optional.of(new EditedLines.Text("é" + letters));
        }
    };

    private static byte[] expected(byte[] all) {
        StringBuilder out = new StringBuilder("first\n");
        String text = new String(all, ISO_8859_1);
        int at = 0;
        while (at < text.length()) {
            int end = text.indexOf('\n', at);
            String line = text.substring(at, end < 0 ? text.length() : end);
            boolean isLooked = end >= 0 && line.length() < LONG;
            if (isLooked && line.startsWith("A") && !line.startsWith("AA")) {
                out.append('é');
            }
            if (!isLooked || !line.startsWith("B")) {
                out.append(line).append(end < 0 ? "" : "\n");
            }
            at = end < 0 ? text.length() : end + 1;
        }
        return out.toString().getBytes(ISO_8859_1);
    }

    @Test
    void changesWholeLinesAndLeavesTheRestAsItIs() {
        SeededRandom.check(200, random -> {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            int lines = random.nextInt(30);
            for (int i = 0; i < lines; i++) {
                all.write(random.pick(List.of((int) 'A', (int) 'B', (int) 'C', (int) '\n')));
                all.writeBytes(random.bytesUpTo(random.oneIn(5) ? 40_000 : 30));
                if (i < lines - 1 || random.oneIn(2)) {
                    all.write('\n');
                }
            }
            byte[] bytes = all.toByteArray();
            InputStream pieces = new InPieces(new ByteArrayInputStream(bytes), random);
            EditedLines edited = new EditedLines(pieces, "first\n".getBytes(ISO_8859_1), EDIT);
            assertThat(drain(edited, random)).isEqualTo(expected(bytes));
        });
    }

    private static byte[] drain(InputStream in, SeededRandom random) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[20_000];
        while (true) {
            int length = 1 + random.size(buffer.length - 1);
            int count = random.oneIn(10) ? readOne(in, buffer) : in.read(buffer, 0, length);
            if (count < 0) {
                return out.toByteArray();
            }
            out.write(buffer, 0, count);
        }
    }

    private static int readOne(InputStream in, byte[] buffer) throws IOException {
        int one = in.read();
        buffer[0] = (byte) one;
        return one < 0 ? -1 : 1;
    }

    /** Comes in pieces, as from a pipe. */
    private static final class InPieces extends InputStream {
        private final InputStream in;
        private final SeededRandom random;

        InPieces(InputStream in, SeededRandom random) {
            this.in = in;
            this.random = random;
        }

        @Override
        public int read() throws IOException {
            return in.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return in.read(bytes, offset, 1 + random.size(length - 1));
        }
    }

    @Test
    void theEndsOfAStreamAreKnown() {
        SeededRandom.check(100, random -> {
            byte[] bytes = random.bytes(random.size(50_000));
            EndsOfStream ends = new EndsOfStream(new InPieces(new ByteArrayInputStream(bytes), random));
            assertThat(drain(ends, random)).isEqualTo(bytes);
            String text = new String(bytes, ISO_8859_1);
            assertThat(ends.hasEnded()).isTrue();
            assertThat(ends.sizeBytes()).isEqualTo(bytes.length);
            assertThat(ends.head()).isEqualTo(text.substring(0, Math.min(text.length(), LONG)));
            assertThat(ends.tail()).isEqualTo(text.substring(Math.max(0, text.length() - LONG)));
        });
    }
}
