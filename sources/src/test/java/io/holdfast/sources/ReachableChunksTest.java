package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.ReachableChunks;
import io.holdfast.repository.index.Index;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.fixture.RoundTrip;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a collection marks, at once and in two goes. */
@Timeout(60)
class ReachableChunksTest extends RoundTrip {
    private final SeededRandom random = new SeededRandom(5);

    /** Every chunk of pages and files, read without any of what a collection uses. */
    private Set<ChunkId> chunksOf(List<Snapshot> snapshots) {
        Set<ChunkId> all = new TreeSet<>((x, y) -> Arrays.compare(x.toByteArray(), y.toByteArray()));
        try (ChunkReader chunks = bench().repository().newChunkReader()) {
            DirectoryReader directories = new DirectoryReader(chunks);
            for (Snapshot snapshot : snapshots) {
                PageRef root = snapshot.manifest().root().orElseThrow();
                all.add(root.id());
                collect(
                        directories,
                        new ContentReader(chunks),
                        directories.root(root).directory(),
                        all);
            }
        }
        return all;
    }

    private static void collect(
            DirectoryReader directories, ContentReader contents, Optional<PageRef> page, Set<ChunkId> all) {
        page.ifPresent(root -> directories.pages(root, each -> all.add(each.id())));
        for (Iterator<TreeEntry> entries = directories.entries(page); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            collect(directories, contents, entry.directory(), all);
            assertThat(contents.walk(
                            entry.content(),
                            list -> {
                                all.add(list.id());
                                return true;
                            },
                            (id, length) -> {
                                all.add(id);
                                return true;
                            }))
                    .isTrue();
        }
    }

    private ReachableChunks mark(List<Snapshot> snapshots, Optional<ReachableChunks> earlier) {
        Repository repository = bench().repository();
        try (ChunkReader chunks = repository.newChunkReader()) {
            return ReachableChunks.from(
                    snapshots, repository.indexes().load(), chunks, pack -> true, home.resolve("scratch"), earlier);
        }
    }

    private void assertMarks(ReachableChunks reachable, List<Snapshot> snapshots) {
        assertThat(reachable.missing()).isZero();
        assertThat(chunksOf(snapshots)).allMatch(id -> reachable.isMarked(id.a(), id.b()));
    }

    @Test
    void marksAllThatAnySnapshotsReachWhateverWasMarkedBefore() throws IOException {
        List<Snapshot> snapshots = new ArrayList<>();
        for (int generation = 0; generation < 12; generation++) {
            for (int i = 0; i < 4; i++) {
                Path directory = Files.createDirectories(from.resolve("d" + random.nextInt(3)));
                Files.write(directory.resolve("f" + random.nextInt(8)), random.bytes(random.nextInt(400_000)));
            }
            snapshots.add(bench().snapshot(bench().backup(from)));
        }
        for (int round = 0; round < 20; round++) {
            Collections.shuffle(snapshots, new Random(random.nextLong()));
            List<Snapshot> known = snapshots.subList(0, random.nextInt(snapshots.size()));
            List<Snapshot> wanted = snapshots.subList(0, random.nextInt(known.size(), snapshots.size()) + 1);
            ReachableChunks earlier = mark(known, Optional.empty());
            assertMarks(mark(wanted, Optional.of(earlier)), wanted);
        }
    }

    /** Else all that it missed could be deleted when the index is whole again. */
    @Test
    void whatWasMarkedInAnIndexThatMissesSomethingCountsForNothing() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        Snapshot snapshot = bench().snapshot(bench().backup(from));
        Repository repository = bench().repository();
        ReachableChunks partial;
        try (ChunkReader chunks = repository.newChunkReader()) {
            partial = ReachableChunks.from(
                    List.of(snapshot), Index.empty(), chunks, pack -> true, home.resolve("scratch"), Optional.empty());
        }
        assertThat(partial.missing()).isPositive();

        assertMarks(mark(List.of(snapshot), Optional.of(partial)), List.of(snapshot));
    }

    @Test
    void marksNothingElse() throws IOException {
        Files.write(from.resolve("f"), random.bytes(100_000));
        Snapshot first = bench().snapshot(bench().backup(from));
        Files.write(from.resolve("f"), random.bytes(100_000));
        Snapshot second = bench().snapshot(bench().backup(from));

        Set<ChunkId> others = chunksOf(List.of(first));
        others.removeAll(chunksOf(List.of(second)));

        ReachableChunks reachable = mark(List.of(second), Optional.empty());
        assertThat(others).isNotEmpty().noneMatch(id -> reachable.isMarked(id.a(), id.b()));
    }

    /** That such a chunk is marked says nothing of what is below the page. */
    @Test
    void aFileMayHaveTheSameBytesAsAPage() throws IOException {
        Path below = Files.createDirectory(from.resolve("below"));
        Files.write(below.resolve("one"), random.bytes(3_000));
        Snapshot first = bench().snapshot(bench().backup(from));
        try (ChunkReader chunks = bench().repository().newChunkReader()) {
            PageRef page = pageOf(new DirectoryReader(chunks), first, "below");
            Files.write(from.resolve("a-page"), chunks.read(page.id()));
        }
        Snapshot both = bench().snapshot(bench().backup(from));
        Files.delete(below.resolve("one"));
        Files.delete(below);
        Snapshot only = bench().snapshot(bench().backup(from));

        assertMarks(mark(List.of(both), Optional.empty()), List.of(both));
        ReachableChunks earlier = mark(List.of(only), Optional.empty());
        assertMarks(mark(List.of(only, both), Optional.of(earlier)), List.of(only, both));
    }

    private static PageRef pageOf(DirectoryReader directories, Snapshot snapshot, String name) {
        Optional<PageRef> at =
                directories.root(snapshot.manifest().root().orElseThrow()).directory();
        while (true) {
            TreeEntry only = directories.entries(at).next();
            at = only.directory();
            if (only.name().equals(Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)))) {
                return at.orElseThrow();
            }
        }
    }
}
