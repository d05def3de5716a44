package io.holdfast.sources.fleet;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.Content;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.ContentWriter;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.OlderVersion;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** A backup of documents on a session: what the parent has is taken over, what is like it is stored as a delta. */
final class Backup {
    private final Repository repository;
    private final WriteSession session;
    private final String source;
    private final Optional<Snapshot> parent;
    private final ChunkHasher hasher;
    private final DirectoryWriter directory;
    private final ContentReader contents;
    private final Map<Bytes, TreeEntry> before = new HashMap<>();
    private final SortedMap<String, String> files = new TreeMap<>();

    Backup(Repository repository, WriteSession session, String source, Optional<Snapshot> candidate) {
        this.repository = repository;
        this.session = session;
        this.source = source;
        this.hasher = new ChunkHasher(repository.keyring().idKey());
        this.directory = new DirectoryWriter(session);
        this.parent = candidate.flatMap(snapshot -> session.liveParent(snapshot.id()));
        ChunkReader chunks = repository.newChunkReader();
        this.contents = new ContentReader(chunks);
        readParent(new DirectoryReader(chunks));
    }

    private void readParent(DirectoryReader tree) {
        try {
            parent.flatMap(snapshot -> snapshot.manifest().root())
                    .map(tree::root)
                    .ifPresent(root ->
                            tree.entries(root.directory()).forEachRemaining(entry -> before.put(entry.name(), entry)));
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DAMAGED) {
                throw e;
            }
            session.distrustMetadata();
        }
    }

    SortedMap<String, String> files() {
        return files;
    }

    void add(int document, int version) {
        Documents.tell(document, version, files);
        Bytes name = Bytes.wrap(Documents.name(document).getBytes(StandardCharsets.UTF_8));
        Optional<TreeEntry> old = Optional.ofNullable(before.get(name));
        Timestamp modified = new Timestamp(version + 1, 0);
        List<byte[]> chunks = Documents.chunks(document, version);
        TreeEntry.Builder entry = TreeEntry.builder(name, EntryType.FILE)
                .mode(0600)
                .modified(modified)
                .changed(modified)
                .sizeBytes(chunks.stream().mapToLong(chunk -> chunk.length).sum());
        boolean takenOver = old.isPresent()
                && old.get().modified().equals(modified)
                && contents.chunks(old.get().content(), (id, length) -> session.contains(id));
        directory.add(entry.content(takenOver ? old.get().content() : stored(chunks, old))
                .build());
    }

    private Content stored(List<byte[]> chunks, Optional<TreeEntry> old) {
        Optional<OlderVersion> older =
                old.filter(entry -> session.takesDeltas()).map(entry -> OlderVersion.ofFile(contents, entry));
        ContentWriter content = new ContentWriter(session);
        for (byte[] chunk : chunks) {
            ChunkId id = hasher.id(chunk, 0, chunk.length);
            List<ChunkId> like =
                    older.map(version -> version.next(id, chunk.length)).orElse(List.of());
            session.add(ChunkKind.CONTENT, id, chunk, 0, chunk.length, new ArrayList<>(like));
            content.add(id, chunk.length);
        }
        return content.finish();
    }

    void commit() {
        TreeEntry root = TreeEntry.builder(Bytes.wrap(new byte[0]), EntryType.DIRECTORY)
                .mode(0755)
                .modified(Timestamp.ZERO)
                .changed(Timestamp.ZERO)
                .directory(directory.finish().orElseThrow())
                .build();
        var rootPage = DirectoryWriter.storeRoot(session, root);
        session.flush();
        session.commit(new Manifest(
                Timestamp.ZERO,
                Timestamp.ZERO,
                source,
                List.of(Bytes.wrap(source.getBytes(StandardCharsets.UTF_8))),
                List.of(),
                Optional.of(rootPage),
                new SnapshotStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                parent.map(Snapshot::id),
                repository.settings().program(),
                new TreeMap<>(),
                new TreeMap<>(),
                parent.map(older -> List.of(older.hash())).orElse(List.of()),
                repository.snapshots().newestVerdictHash(),
                "nobody"));
    }
}
