package io.holdfast.sources.backup;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import java.util.List;
import java.util.Optional;

/** What the walker found, in the order of the tree; the assembler turns it into directory pages. */
sealed interface WalkEvent {
    /** A directory begins; its entries follow. */
    record Enter(TreeEntry.Builder directory) implements WalkEvent {}

    /** The directory entered last ends. */
    record Leave() implements WalkEvent {}

    /** An entry that needs no reading. */
    record Ready(Bytes path, TreeEntry entry, BackupListener.FileOutcome outcome) implements WalkEvent {}

    /** A file whose content the group's reader read and hashed. */
    record Read(FileToRead file) implements WalkEvent {}

    /**
     * A large file begins.
     *
     * @param before what the parent snapshot has under its name
     */
    record LargeBegin(Optional<TreeEntry> before) implements WalkEvent {}

    /** Some chunks of a large file, hashed by the group's reader. */
    record Part(List<HashedChunk> chunks) implements WalkEvent {}

    /** The large file whose parts came before ends. */
    record LargeEnd(Bytes path, TreeEntry.Builder entry, BackupListener.FileOutcome outcome) implements WalkEvent {}

    /** The large file whose parts came before could not be read to its end. */
    record LargeFailed() implements WalkEvent {}

    /**
     * A further name of a file that came before.
     *
     * @param directory a handle of its own, to read the file where it could not be read under its first name; closed by the assembler
     */
    record FurtherName(
            Bytes path, Directory directory, TreeEntry entry, HardLinkKey key, BackupListener.FileOutcome outcome)
            implements WalkEvent {}
}
