package io.holdfast.benchmark;

import io.holdfast.repository.ChunkId;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.index.IndexSegment;
import io.holdfast.repository.index.SyntheticSegment;
import io.holdfast.repository.index.UsableIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Look-ups in random order in an index of 20 million chunks, as a backup makes them: of chunks that are there, and of chunks that are
 * not. The segment is made once, in the directory that the property {@code holdfast.benchmark.directory} names.
 */
@State(Scope.Benchmark)
public class IndexBenchmark {
    private static final int PREPARED = 1 << 20;

    @Param("20000000")
    public int entries;

    private final ChunkId[] present = new ChunkId[PREPARED];
    private final ChunkId[] absent = new ChunkId[PREPARED];
    private Index index = Index.empty();
    private UsableIndex usable = index.usable(pack -> true);
    private int next;

    @Setup
    public void openIndex() throws IOException {
        SyntheticSegment synthetic = new SyntheticSegment(entries);
        index = new Index(List.of(open(synthetic)));
        usable = index.usable(pack -> true);
        SplittableRandom random = new SplittableRandom(entries);
        for (int i = 0; i < PREPARED; i++) {
            present[i] = synthetic.id(random.nextInt(entries));
            absent[i] = new ChunkId(random.nextLong(), random.nextLong(), 0, 0);
        }
    }

    /** Opens the segment of this size, making it where it is missing. */
    static IndexSegment open(SyntheticSegment synthetic) throws IOException {
        String directory = System.getProperty("holdfast.benchmark.directory", System.getProperty("java.io.tmpdir"));
        Path file = Path.of(directory).resolve("index-" + synthetic.entryCount());
        if (!Files.exists(file)) {
            Path unfinished = Path.of(directory).resolve(file.getFileName() + ".new");
            Files.deleteIfExists(unfinished);
            synthetic.writeTo(unfinished);
            Files.move(unfinished, file);
        }
        return IndexSegment.map(file.toString(), file);
    }

    @Benchmark
    public boolean hit() {
        return usable.contains(present[next++ & PREPARED - 1]);
    }

    @Benchmark
    public boolean miss() {
        return usable.contains(absent[next++ & PREPARED - 1]);
    }

    /** As a restore does it: the frame and the position in it. */
    @Benchmark
    public Optional<?> find() {
        return index.find(present[next++ & PREPARED - 1]);
    }
}
