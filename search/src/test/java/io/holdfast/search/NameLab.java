package io.holdfast.search;

import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.RawText;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.chunk.ChunkerParameters;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.storage.ObjectStore;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A repository with snapshots of names alone, and indexes of them. */
final class NameLab {
    private final SecureRandom random = new SecureRandom();
    private final Repository repository;
    private final List<String> told = new ArrayList<>();
    private int caches;
    private long saved;

    NameLab(ObjectStore store, Path directory) {
        RepositorySettings settings = new RepositorySettings(
                directory.resolve("cache"),
                2,
                random,
                InstantSource.fixed(Instant.parse("2040-01-01T00:00:00Z")),
                "test",
                new ChunkerParameters(1 << 10, 4 << 10, 16 << 10),
                64 << 10,
                64 << 10,
                Optional.empty(),
                Warnings.NONE);
        this.repository = Repository.create(
                        store,
                        Repository.newId(settings),
                        new Credential.Key(KeyFile.generate(random)),
                        "test",
                        settings)
                .repository();
    }

    /** What a file is: its version is its time. */
    record File(long sizeBytes, long seconds) {}

    Repository repository() {
        return repository;
    }

    List<String> told() {
        return told;
    }

    /** An index in a directory of its own, as of another process. */
    SearchIndex newIndex(Path directory) {
        return openIndex(directory.resolve("names-" + caches++));
    }

    SearchIndex openIndex(Path cache) {
        return new SearchIndex(
                repository, cache, 1 << 20, (what, why) -> told.add(what + ": " + why), MonotonicClock.system());
    }

    static Source source(String host) {
        return new Source(host, List.of(Bytes.wrap("/data".getBytes(StandardCharsets.UTF_8))));
    }

    /** @param files by their absolute paths, as text that may have raw bytes */
    SnapshotId snapshot(Source source, SortedMap<String, File> files) {
        try (WriteSession session = repository.beginSession("test")) {
            Directory top = new Directory();
            files.forEach((path, file) -> top.add(path.substring(1), file));
            Optional<PageRef> root = files.isEmpty()
                    ? Optional.empty()
                    : Optional.of(DirectoryWriter.storeRoot(
                            session,
                            TreeEntry.builder(Bytes.wrap(new byte[0]), EntryType.DIRECTORY)
                                    .directory(top.write(session).orElseThrow())
                                    .build()));
            session.flush();
            session.commit(new Manifest(
                    new Timestamp(++saved, 0),
                    new Timestamp(saved, 0),
                    source.host(),
                    source.paths(),
                    List.of(),
                    root,
                    new SnapshotStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                    Optional.empty(),
                    "test",
                    new TreeMap<>(),
                    new TreeMap<>(),
                    List.of(),
                    Optional.empty(),
                    "root"));
            return session.id();
        }
    }

    List<Snapshot> live() {
        return repository.snapshots().live();
    }

    private static final class Directory {
        private final TreeMap<Bytes, Object> entries = new TreeMap<>();

        void add(String path, File file) {
            int slash = path.indexOf('/');
            if (slash < 0) {
                entries.put(RawText.encode(path), file);
            } else {
                Object inner =
                        entries.computeIfAbsent(RawText.encode(path.substring(0, slash)), name -> new Directory());
                ((Directory) inner).add(path.substring(slash + 1), file);
            }
        }

        Optional<PageRef> write(WriteSession session) {
            DirectoryWriter writer = new DirectoryWriter(session);
            entries.forEach((name, entry) -> {
                if (entry instanceof File file) {
                    writer.add(TreeEntry.builder(name, EntryType.FILE)
                            .sizeBytes(file.sizeBytes())
                            .modified(new Timestamp(file.seconds(), 0))
                            .build());
                } else {
                    writer.add(TreeEntry.builder(name, EntryType.DIRECTORY)
                            .directory(((Directory) entry).write(session).orElse(null))
                            .build());
                }
            });
            return writer.finish();
        }
    }
}
