package io.holdfast.repository.snapshot;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.testkit.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** Manifests for tests. */
public final class TestManifests {
    private TestManifests() {}

    /** A manifest of nothing, started at this second. */
    public static Manifest at(long seconds) {
        return new Manifest(
                new Timestamp(seconds, 0),
                new Timestamp(seconds + 1, 0),
                "host",
                List.of(),
                List.of(),
                Optional.empty(),
                new SnapshotStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                Optional.empty(),
                "test",
                new TreeMap<>(),
                new TreeMap<>(),
                List.of(),
                Optional.empty(),
                "user");
    }

    static SnapshotId id(SeededRandom random) {
        return new SnapshotId(random.size(Integer.MAX_VALUE), Bytes.wrap(random.bytes(16)));
    }

    static Manifest random(SeededRandom random) {
        return new Manifest(
                time(random),
                time(random),
                random.fileName(),
                list(random, () -> Bytes.wrap(random.bytesUpTo(100))),
                list(random, random::fileName),
                random.oneIn(2)
                        ? Optional.empty()
                        : Optional.of(new PageRef(ChunkId.read(random.bytes(32), 0), 1 + random.nextInt(4 << 20))),
                new SnapshotStatistics(
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random),
                        number(random)),
                random.oneIn(2) ? Optional.empty() : Optional.of(id(random)),
                random.fileName(),
                names(random),
                names(random),
                list(random, () -> Bytes.wrap(random.bytes(32))),
                random.oneIn(2) ? Optional.empty() : Optional.of(Bytes.wrap(random.bytes(32))),
                random.fileName());
    }

    private static <T> List<T> list(SeededRandom random, Supplier<T> item) {
        List<T> list = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            list.add(item.get());
        }
        return list;
    }

    private static SortedMap<Long, String> names(SeededRandom random) {
        SortedMap<Long, String> names = new TreeMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            names.put(number(random), random.fileName());
        }
        return names;
    }

    private static long number(SeededRandom random) {
        return random.nextLong() >>> (1 + random.nextInt(63));
    }

    private static Timestamp time(SeededRandom random) {
        return new Timestamp(random.nextLong() >> random.nextInt(64), random.nextInt(1_000_000_000));
    }
}
