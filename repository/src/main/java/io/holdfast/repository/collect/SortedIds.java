package io.holdfast.repository.collect;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.UUID;

/**
 * Half ids of chunks in ascending order, each once, however many there are: beyond a limit they go to disk in sorted runs, which are merged when they
 * are read. An id takes 16 bytes. First all are added, then all are visited. Not thread-safe.
 */
final class SortedIds implements AutoCloseable {
    static final int IN_MEMORY = 1 << 19;
    /** More runs are merged into one: each takes a buffer when it is read, and a chunk of many small files may be added often. */
    static final int MAX_RUNS = 64;

    private static final int MAX_IDS = Integer.MAX_VALUE / 4;
    private static final int ID_BYTES = 16;
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int INITIAL = 1 << 10;
    private static final int LATELY = 1 << 17;

    private final Path directory;
    private final int maxRuns;
    private int inMemory;
    /** Two words for each id. */
    private long[] words = new long[2 * INITIAL];

    private int count;
    /** Ids that were added lately, each at the place that its first word names: most of what a changed directory has stood in it before. */
    private long[] lately = {};

    private final List<FileChannel> runs = new ArrayList<>();

    /** Receives half ids. */
    @FunctionalInterface
    interface Visitor {
        /** @param a the first eight bytes, big-endian; ids ascend in unsigned order */
        void visit(long a, long b);
    }

    /**
     * @param directory for runs; made when needed. Where it has no space, all ids stay in memory. Nothing is left in it, not even by a process
     *     that is killed, where the system lets open files be removed
     */
    SortedIds(Path directory) {
        this(directory, IN_MEMORY, MAX_RUNS);
    }

    SortedIds(Path directory, int inMemory, int maxRuns) {
        this.directory = directory;
        this.inMemory = inMemory;
        this.maxRuns = maxRuns;
    }

    void add(long a, long b) {
        if (lately.length == 0) {
            lately = noneLately();
        }
        int place = 2 * ((int) a & (LATELY - 1));
        if (lately[place] == a && lately[place + 1] == b) {
            return;
        }
        lately[place] = a;
        lately[place + 1] = b;
        if (2 * count == words.length && !(count >= inMemory && spill())) {
            words = Arrays.copyOf(words, 2 * Math.min(2 * count, inMemory));
        }
        words[2 * count] = a;
        words[2 * count + 1] = b;
        count++;
    }

    private static long[] noneLately() {
        long[] none = new long[2 * LATELY];
        for (int i = 0; i < LATELY; i++) {
            none[2 * i] = ~i; // No id that belongs there.
        }
        return none;
    }

    boolean isEmpty() {
        return count == 0 && runs.isEmpty();
    }

    void forEach(Visitor visitor) {
        List<Source> sources = new ArrayList<>();
        for (FileChannel run : runs) {
            sources.add(new FromRun(run));
        }
        sort();
        sources.add(new FromMemory(words, count));
        merge(sources, visitor);
    }

    @Override
    public void close() {
        closeRuns();
    }

    /** Bottom-up merge sort: no order of ids, not even one that somebody made up, takes longer than another. */
    private void sort() {
        long[] from = words;
        long[] to = new long[2 * count];
        for (int width = 1; width < count; width = 2 * width) {
            for (int low = 0; low < count; low += 2 * width) {
                int middle = Math.min(low + width, count);
                int high = Math.min(low + 2 * width, count);
                int left = low;
                int right = middle;
                for (int at = low; at < high; at++) {
                    boolean isLeft = left < middle && (right == high || compare(from, left, from, right) <= 0);
                    int taken = isLeft ? left++ : right++;
                    to[2 * at] = from[2 * taken];
                    to[2 * at + 1] = from[2 * taken + 1];
                }
            }
            long[] swapped = from;
            from = to;
            to = swapped;
        }
        words = from;
    }

    private static int compare(long[] mine, int i, long[] others, int j) {
        int order = Long.compareUnsigned(mine[2 * i], others[2 * j]);
        return order != 0 ? order : Long.compareUnsigned(mine[2 * i + 1], others[2 * j + 1]);
    }

    /** False where that failed, and no more of it is tried. */
    private boolean spill() {
        sort();
        try {
            runs.add(written(List.of(new FromMemory(words, count))));
        } catch (IOException e) {
            inMemory = MAX_IDS;
            return false;
        }
        words = new long[2 * inMemory];
        count = 0;
        if (runs.size() == maxRuns) {
            joinRuns();
        }
        return true;
    }

    private void joinRuns() {
        List<Source> sources = new ArrayList<>();
        for (FileChannel run : runs) {
            sources.add(new FromRun(run));
        }
        try {
            FileChannel joined = written(sources);
            closeRuns();
            runs.add(joined);
        } catch (IOException e) {
            inMemory = MAX_IDS;
        }
    }

    private void closeRuns() {
        for (FileChannel run : runs) {
            try {
                run.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        runs.clear();
    }

    /** A file with these ids, without a name where the system allows that. */
    private FileChannel written(List<Source> sources) throws IOException {
        Files.createDirectories(directory);
        FileChannel file = FileChannel.open(
                directory.resolve("ids-" + UUID.randomUUID()),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        try {
            ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
            merge(sources, (a, b) -> {
                if (buffer.remaining() < ID_BYTES) {
                    drain(buffer, file);
                }
                buffer.putLong(a).putLong(b);
            });
            drain(buffer, file);
            return file;
        } catch (UncheckedIOException e) {
            file.close();
            throw e.getCause();
        }
    }

    private static void drain(ByteBuffer buffer, FileChannel file) {
        try {
            buffer.flip();
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
            buffer.clear();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Merges sorted sources and leaves out what came before. */
    private static void merge(List<Source> sources, Visitor visitor) {
        PriorityQueue<Source> queue = new PriorityQueue<>(Comparator.comparing((Source s) -> s.a, Long::compareUnsigned)
                .thenComparing(s -> s.b, Long::compareUnsigned));
        for (Source source : sources) {
            if (source.next()) {
                queue.add(source);
            }
        }
        boolean isFirst = true;
        long a = 0;
        long b = 0;
        while (!queue.isEmpty()) {
            Source source = queue.remove();
            if (isFirst || source.a != a || source.b != b) {
                isFirst = false;
                a = source.a;
                b = source.b;
                visitor.visit(a, b);
            }
            if (source.next()) {
                queue.add(source);
            }
        }
    }

    /** Sorted ids, one after the other. */
    private abstract static class Source {
        long a;
        long b;

        /** False at the end. */
        abstract boolean next();
    }

    private static final class FromMemory extends Source {
        private final long[] words;
        private final int count;
        private int at;

        FromMemory(long[] words, int count) {
            this.words = words;
            this.count = count;
        }

        @Override
        boolean next() {
            if (at == count) {
                return false;
            }
            a = words[2 * at];
            b = words[2 * at + 1];
            at++;
            return true;
        }
    }

    private static final class FromRun extends Source {
        private final FileChannel run;
        private final ByteBuffer buffer =
                ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
        private long position;

        FromRun(FileChannel run) {
            this.run = run;
        }

        @Override
        boolean next() {
            if (!buffer.hasRemaining() && !fill()) {
                return false;
            }
            a = buffer.getLong();
            b = buffer.getLong();
            return true;
        }

        private boolean fill() {
            try {
                buffer.clear();
                while (buffer.hasRemaining()) {
                    int read = run.read(buffer, position);
                    if (read < 0) {
                        break;
                    }
                    position += read;
                }
                buffer.flip();
                return buffer.hasRemaining();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
