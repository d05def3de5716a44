package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.repository.session.BackupSession;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is saved under a name of its own, a stream or a volume: its snapshot has one file of that name.
 *
 * @param name 1 to 255 bytes without a slash; with the host, it is the source
 * @param tags ascending
 * @param previous the newest snapshot of the same source
 */
public record NamedSource(Bytes name, String host, List<String> tags, Optional<Snapshot> previous) {
    private static final int FILE_MODE = 0600;
    private static final int DIRECTORY_MODE = 0755;
    private static final int MAX_NAME_BYTES = 255;

    /** @throws HoldfastException {@code USAGE} where it cannot be a name */
    public NamedSource {
        String text = RawText.decode(name.unsafeArray());
        if (name.length() == 0
                || name.length() > MAX_NAME_BYTES
                || text.equals(".")
                || text.equals("..")
                || text.chars().anyMatch(c -> c == '/' || c == 0)) {
            throw HoldfastException.usage(
                    "'" + text + "' cannot name a stream or volume",
                    "Write a name of 1 to 255 bytes without a slash, such as shop.sql.");
        }
    }

    /** For messages. */
    String text() {
        return RawText.decode(name.unsafeArray());
    }

    /** The file's entry, with all but its content. */
    TreeEntry.Builder entry(Timestamp modified, long sizeBytes) {
        return TreeEntry.builder(name, EntryType.FILE)
                .mode(FILE_MODE)
                .modified(modified)
                .changed(modified)
                .sizeBytes(sizeBytes);
    }

    /** A backup of it. */
    Run run(BackupTarget target, BackupSession session) {
        return new Run(target, session, session.parent(previous.map(Snapshot::id)));
    }

    /** A backup of this source that is under way. */
    final class Run {
        private final BackupTarget target;
        private final BackupSession session;
        private final Optional<Snapshot> parent;

        private Run(BackupTarget target, BackupSession session, Optional<Snapshot> parent) {
            this.target = target;
            this.session = session;
            this.parent = parent;
        }

        boolean isFirst() {
            return parent.isEmpty();
        }

        /** Its file in the snapshot before. */
        Optional<TreeEntry> previousFile() {
            DirectoryReader tree = new DirectoryReader(target.newChunkReader());
            try {
                return parent.flatMap(snapshot -> snapshot.manifest().root())
                        .map(tree::root)
                        .flatMap(root -> tree.find(root.directory(), name))
                        .filter(entry -> entry.type() == EntryType.FILE);
            } catch (HoldfastException e) {
                ParentChunks.rethrowUnlessDamage(e);
                return Optional.empty(); // Then all is stored in full.
            }
        }

        /** Stores the tree around the file, and commits. */
        BackupResult commit(Timestamp started, TreeEntry file) {
            DirectoryWriter directory = new DirectoryWriter(session);
            directory.add(file);
            TreeEntry root = TreeEntry.builder(Bytes.wrap(new byte[0]), EntryType.DIRECTORY)
                    .mode(DIRECTORY_MODE)
                    .modified(started)
                    .changed(started)
                    .directory(directory.finish().orElseThrow())
                    .build();
            PageRef rootPage = DirectoryWriter.storeRoot(session, root);
            session.flush();
            SnapshotStatistics statistics = new SnapshotStatistics(
                    1,
                    1,
                    0,
                    file.sizeBytes(),
                    session.addedBytes(),
                    session.storedBytes(),
                    isFirst() ? 1 : 0,
                    isFirst() ? 0 : 1,
                    0,
                    0);
            session.commit(new Manifest(
                    started,
                    Timestamp.of(target.settings().clock().instant()),
                    host,
                    List.of(name),
                    tags,
                    Optional.of(rootPage),
                    statistics,
                    parent.map(Snapshot::id),
                    target.settings().program(),
                    new TreeMap<>(),
                    new TreeMap<>(),
                    parent.map(older -> List.of(older.hash())).orElse(List.of()),
                    target.newestVerdictHash(),
                    System.getProperty("user.name", "")));
            return new BackupResult(
                    Optional.of(session.id()), parent.map(Snapshot::id), statistics, BackupResult.Deltas.of(session));
        }
    }
}
