package io.holdfast.repository.collect;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SortedIdsTest {
    @TempDir
    private Path directory;

    private record Id(long a, long b) implements Comparable<Id> {
        private static final Comparator<Id> ORDER =
                Comparator.comparing(Id::a, Long::compareUnsigned).thenComparing(Id::b, Long::compareUnsigned);

        @Override
        public int compareTo(Id other) {
            return ORDER.compare(this, other);
        }
    }

    /** In memory, in runs, and in runs that were joined: the limits are small. */
    @Test
    void visitsEachIdOnceInUnsignedOrder() {
        SeededRandom.check(300, random -> {
            int inMemory = random.nextInt(1, 50);
            int count = random.nextInt(1_500);
            int values = random.nextInt(1, 2_000);
            TreeSet<Id> expected = new TreeSet<>();
            try (SortedIds ids = new SortedIds(directory.resolve("runs"), inMemory, random.nextInt(2, 6))) {
                for (int i = 0; i < count; i++) {
                    // Few different words, some of them negative: many equal first halves.
                    Id id = new Id(random.nextInt(values) % 40 - 20L, random.nextInt(values) - 30L);
                    ids.add(id.a(), id.b());
                    expected.add(id);
                }
                assertThat(ids.isEmpty()).isEqualTo(count == 0);
                assertThat(visited(ids)).containsExactlyElementsOf(expected);
            }
            assertNothingLeft(directory.resolve("runs"));
        });
    }

    @Test
    void keepsAllInMemoryWhereNothingCanBeWritten() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "no directory");
        try (SortedIds ids = new SortedIds(file, 4, 2)) {
            for (int i = 100; i > 0; i--) {
                ids.add(i % 50, 0);
            }
            assertThat(visited(ids)).hasSize(50).isSorted();
        }
    }

    private static List<Id> visited(SortedIds ids) {
        List<Id> visited = new ArrayList<>();
        ids.forEach((a, b) -> visited.add(new Id(a, b)));
        return visited;
    }

    private static void assertNothingLeft(Path runs) {
        if (Files.exists(runs)) {
            try (Stream<Path> left = Files.list(runs)) {
                assertThat(left).isEmpty();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }
}
