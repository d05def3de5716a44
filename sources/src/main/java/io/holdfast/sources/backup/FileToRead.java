package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.FileStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A small file of a group: where it is, and what reading it gave. Handed from walker to reader to assembler. */
final class FileToRead {
    final Bytes path;
    final Bytes name;
    final Directory directory;
    final FileStatus status;
    final BackupListener.FileOutcome outcome;
    /** What the parent snapshot has under this name. */
    final Optional<TreeEntry> before;

    TreeEntry.@Nullable Builder entry;

    @Nullable
    String problem;

    boolean vanished;

    /** Has outgrown what a reader takes: to be read by the assembler, which closes the directory. */
    boolean late;

    final List<HashedChunk> chunks = new ArrayList<>(1);

    /** @param directory a handle of its own, closed by the reader unless the file is {@link #late} */
    FileToRead(
            Bytes path,
            Bytes name,
            Directory directory,
            FileStatus status,
            BackupListener.FileOutcome outcome,
            Optional<TreeEntry> before) {
        this.path = path;
        this.name = name;
        this.directory = directory;
        this.status = status;
        this.outcome = outcome;
        this.before = before;
    }
}
