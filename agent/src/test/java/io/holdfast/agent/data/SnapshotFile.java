package io.holdfast.agent.data;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.restore.VolumeRestore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;

/** Looks into snapshots. */
final class SnapshotFile {
    private SnapshotFile() {}

    /** The first file of this name, wherever it lies. */
    private static Optional<TreeEntry> find(DirectoryReader tree, TreeEntry directory, String name) {
        for (Iterator<TreeEntry> entries = tree.entries(directory.directory()); entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            if (new String(entry.name().unsafeArray(), StandardCharsets.UTF_8).equals(name)) {
                return Optional.of(entry);
            }
            Optional<TreeEntry> below = entry.directory().isPresent() ? find(tree, entry, name) : Optional.empty();
            if (below.isPresent()) {
                return below;
            }
        }
        return Optional.empty();
    }

    private static TreeEntry find(MediaSnapshot snapshot, String name) {
        DirectoryReader tree = new DirectoryReader(snapshot.chunks());
        TreeEntry root = tree.root(snapshot.snapshot().manifest().root().orElseThrow());
        return find(tree, root, name).orElseThrow();
    }

    static byte[] read(MediaSnapshot snapshot, String name) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        boolean ignored = new ContentReader(snapshot.chunks())
                .chunks(find(snapshot, name).content(), (id, length) -> {
                    content.writeBytes(snapshot.chunks().read(id));
                    return true;
                });
        return content.toByteArray();
    }

    static void restoreVolume(MediaSnapshot snapshot, String name, Path target) {
        Bytes file = MediaLab.bytes(target);
        Path part = Path.of(new String(VolumeRestore.partOf(file).unsafeArray(), StandardCharsets.UTF_8));
        new VolumeRestore(snapshot.chunks(), snapshot.newComparingHasher(), find(snapshot, name), bytes -> {})
                .toNewFile(HostFiles.ofThisSystem(), file, part);
    }
}
