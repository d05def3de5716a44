package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Control servers, media servers and agents, with the code that runs for users, on a network and in an order that a seed draws: see {@link SimulatedEstate}. */
class EstateSimulationTest {
    private static final int RUNS = Integer.getInteger("holdfast.runs", 40);
    private static final int LONG_RUNS = Integer.getInteger("holdfast.long.runs", 5_000);
    private static final int LONG_FIRST_SEED = Integer.getInteger("holdfast.long.seed", 1_000_000);

    private long steps;
    private long jobs;
    private long done;
    private long failed;
    private long snapshots;
    private long acknowledged;

    @Test
    @Timeout(240)
    void noOrderOfWordsLosesASnapshotOrRunsAJobTwice() throws IOException {
        String given = System.getProperty(SeededRandom.PROPERTY, "");
        if (!given.isEmpty()) {
            run(Long.decode(given), 1);
            return;
        }
        run(1, RUNS);
        // Else nothing was tried.
        assertThat(done).isGreaterThan(RUNS);
        assertThat(acknowledged).isGreaterThan(RUNS);
    }

    @Test
    @Tag("long")
    @Timeout(36_000)
    void noOrderOfWordsDoesInVeryManyRuns() throws IOException {
        run(LONG_FIRST_SEED, LONG_RUNS);
    }

    private void run(long first, int runs) throws IOException {
        for (long seed = first; seed < first + runs; seed++) {
            SimulatedEstate.Result result = one(seed);
            steps += result.steps();
            jobs += result.jobs();
            done += result.done();
            failed += result.failed();
            snapshots += result.snapshots();
            acknowledged += result.acknowledged();
        }
        System.out.printf(
                "EstateSimulationTest: %,d runs, %,d steps, %,d jobs, of which %,d are done and %,d failed, %,d snapshots, of which hosts were told %,d%n",
                runs, steps, jobs, done, failed, snapshots, acknowledged);
    }

    // Whatever it was that failed, the seed and the trace belong to it.
    @SuppressWarnings("CatchingUnchecked")
    private static SimulatedEstate.Result one(long seed) throws IOException {
        Path directory = Files.createTempDirectory(memory(), "holdfast-estate-");
        try (SimulatedEstate estate = new SimulatedEstate(seed, directory)) {
            try {
                return estate.run();
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "seed " + seed + " failed; repeat it alone with -D" + SeededRandom.PROPERTY + "=" + seed + "\n"
                                + estate.trace() + "\n" + e.getMessage(),
                        e);
            }
        } finally {
            delete(directory);
        }
    }

    /** Where a sync costs nothing, if there is such a place. */
    private static Path memory() {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static void delete(Path directory) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(directory)) {
            all = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : all) {
            boolean ignored = Files.deleteIfExists(file);
        }
    }
}
