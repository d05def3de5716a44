package io.holdfast.benchmark;

import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.index.SyntheticSegment;
import io.holdfast.repository.index.UsableIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a large index costs apart from look-ups: its size, and the time to open it in a fresh process. */
public final class IndexFigures {
    private static final double NANOS_PER_SECOND = 1e9;

    private IndexFigures() {}

    /** @param arguments number of entries */
    public static void main(String[] arguments) throws IOException {
        SyntheticSegment synthetic = new SyntheticSegment(Integer.parseInt(arguments[0]));
        IndexSegment made = IndexBenchmark.open(synthetic);
        long begin = System.nanoTime();
        IndexSegment opened = IndexSegment.map(made.name(), Path.of(made.name()));
        UsableIndex usable = new Index(List.of(opened)).usable(pack -> true);
        boolean found = usable.contains(synthetic.id(0));
        double seconds = (System.nanoTime() - begin) / NANOS_PER_SECOND;
        if (!found) {
            throw new IllegalStateException("a chunk that is in the index is not found");
        }
        double bytes = (double) Files.size(Path.of(made.name())) / synthetic.entryCount();
        System.out.printf(
                Locale.ROOT,
                "{\"entries\": %d, \"bytes_per_entry\": %.2f, \"open_seconds\": %.4f}%n",
                synthetic.entryCount(),
                bytes,
                seconds);
    }
}
