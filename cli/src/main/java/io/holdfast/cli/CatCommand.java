package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ChunkSource;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.repository.tree.TreeEntry.Hole;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "cat", description = "Writes a file out of a snapshot to standard output.")
final class CatCommand implements Callable<Integer> {
    private static final byte[] ZEROS = new byte[64 << 10];

    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "An id or 'latest'.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "PATH", description = "The file.")
    private String path = "";

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    CatCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            Snapshot snapshot = filter.one(access, name);
            SnapshotTree tree = new SnapshotTree(access.chunks(snapshot), snapshot);
            Bytes wanted = SnapshotTree.path(path);
            TreeEntry entry = tree.find(wanted);
            if (entry.type() != EntryType.FILE) {
                throw HoldfastException.usage("'" + path + "' is no file", "'holdfast ls' shows what it is.");
            }
            new Output(root.environment().out(), entry).write(tree.chunks());
            return 0;
        }
    }

    /** Writes content with zeros where the holes are. */
    static final class Output {
        private final PrintStream out;
        private final TreeEntry entry;
        private final Iterator<Hole> holes;
        private @Nullable Hole next;
        private long position;

        Output(PrintStream out, TreeEntry entry) {
            this.out = out;
            this.entry = entry;
            this.holes = entry.holes().iterator();
            this.next = holes.hasNext() ? holes.next() : null;
        }

        void write(ChunkSource chunks) {
            new ContentReader(chunks).chunks(entry.content(), (id, length) -> {
                byte[] chunk = chunks.read(id);
                int done = 0;
                while (done < chunk.length) {
                    skipHoles();
                    long room = next == null ? Long.MAX_VALUE : next.offset() - position;
                    int count = (int) Math.min(chunk.length - done, room);
                    out.write(chunk, done, count);
                    position += count;
                    done += count;
                }
                return !out.checkError();
            });
            skipHoles();
            out.flush();
        }

        private void skipHoles() {
            while (next != null && next.offset() == position) {
                for (long left = next.length(); left > 0 && !out.checkError(); ) {
                    int count = (int) Math.min(ZEROS.length, left);
                    out.write(ZEROS, 0, count);
                    left -= count;
                }
                position += next.length();
                next = holes.hasNext() ? holes.next() : null;
            }
        }
    }
}
