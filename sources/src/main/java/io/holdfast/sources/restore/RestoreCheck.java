package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.chunk.ChunkHasher;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.files.OpenFile;
import io.holdfast.sources.restore.RestoreFilter.Choice;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;

/** Reads restored files again and compares them with what the snapshot says, by the ids of their chunks. For one use. */
public final class RestoreCheck {
    private static final int MAX_CHUNK_BYTES = 4 << 20;

    private final HostFiles files;
    private final Snapshot snapshot;
    private final RestoreRequest request;
    private final RestoreListener listener;
    private final RestoreFilter filter;
    private final DirectoryReader tree;
    private final ContentReader contents;
    private final ChunkHasher hasher;
    private final byte[] buffer = new byte[MAX_CHUNK_BYTES];
    private long differing;

    public RestoreCheck(
            Repository repository,
            HostFiles files,
            Snapshot snapshot,
            RestoreRequest request,
            RestoreListener listener) {
        this.files = files;
        this.snapshot = snapshot;
        this.request = request;
        this.listener = listener;
        this.filter = new RestoreFilter(request);
        ChunkReader chunks = repository.newChunkReader();
        this.tree = new DirectoryReader(chunks);
        this.contents = new ContentReader(chunks);
        this.hasher = new ChunkHasher(repository.keyring().idKey());
    }

    /** The number of files that are not as in the snapshot; each is told. */
    public long run() {
        try (Directory target = files.openDirectory(request.target())) {
            snapshot.manifest().root().map(tree::root).ifPresent(root -> directory(root, new byte[0], target, false));
        } catch (HostFileException e) {
            differ(request.target(), String.valueOf(e.getMessage()));
        }
        return differing;
    }

    private void directory(TreeEntry entry, byte[] path, Directory target, boolean included) {
        for (Iterator<TreeEntry> children = tree.entries(entry.directory()); children.hasNext(); ) {
            TreeEntry child = children.next();
            byte[] joined = Arrays.copyOf(path, path.length + 1 + child.name().length());
            joined[path.length] = '/';
            System.arraycopy(
                    child.name().unsafeArray(),
                    0,
                    joined,
                    path.length + 1,
                    child.name().length());
            Bytes childPath = Bytes.wrap(joined);
            Choice choice = filter.choose(childPath, included);
            boolean childIncluded = included || (choice == Choice.ALL && filter.isIncluded(childPath));
            try {
                if (child.type() == EntryType.DIRECTORY && choice != Choice.NOTHING) {
                    try (Directory below = target.openDirectory(child.name())) {
                        directory(child, joined, below, childIncluded);
                    }
                } else if (child.type() == EntryType.FILE && choice == Choice.ALL) {
                    file(child, childPath, target);
                }
            } catch (HostFileException e) {
                differ(childPath, String.valueOf(e.getMessage()));
            }
        }
    }

    private void file(TreeEntry entry, Bytes path, Directory target) throws HostFileException {
        Extents extents = new Extents(entry.sizeBytes(), entry.holes());
        try (OpenFile file = target.openFile(entry.name())) {
            if (file.statusAtOpen().sizeBytes() != entry.sizeBytes()) {
                differ(path, "has another size than in the snapshot");
                return;
            }
            long[] stream = {0};
            boolean equal = contents.chunks(entry.content(), (id, length) -> {
                long at = stream[0];
                stream[0] += length;
                return isThere(file, extents, at, length)
                        && hasher.id(buffer, 0, length).equals(id);
            });
            if (!equal) {
                differ(path, "has other content than in the snapshot");
            }
        }
    }

    private boolean isThere(OpenFile file, Extents extents, long stream, int length) {
        int[] read = {0};
        try {
            extents.<HostFileException>map(
                    stream,
                    length,
                    (at, offset, count) -> read[0] += file.read(ByteBuffer.wrap(buffer, offset, count), at));
        } catch (HostFileException e) {
            return false;
        }
        return read[0] == length;
    }

    private void differ(Bytes path, String reason) {
        differing++;
        listener.failed(path, reason);
    }
}
