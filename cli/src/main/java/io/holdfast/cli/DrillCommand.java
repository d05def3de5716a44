package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.ChunkReader;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.ContentReader;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.TreeEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "drill",
        description =
                "Proves that a recovery sheet opens the repository: reads the newest snapshot with the key that you"
                        + " type from the sheet, and with nothing else.")
final class DrillCommand implements Callable<Integer> {
    private static final long MAX_BYTES = 16L << 20;

    private final RootCommand root;

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "A file with the key, typed from the sheet (default: standard input).")
    private @Nullable Path file;

    private long files;
    private long bytes;

    DrillCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        KeyFile key = KeyFile.parse(text(), file == null ? "standard input" : file.toString());
        try (RepositoryAccess.Opened opened = new RepositoryAccess(root).openWith(new Credential.Key(key))) {
            Repository repository = opened.repository();
            List<Snapshot> live = repository.snapshots().live();
            if (live.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "the key opens the repository, and there is no snapshot that could be read with it",
                        "Make a backup first.");
            }
            Snapshot newest = live.getLast();
            try (ChunkReader chunks = repository.newChunkReader(repository.index())) {
                DirectoryReader tree = new DirectoryReader(chunks);
                read(
                        tree,
                        new ContentReader(chunks),
                        chunks,
                        newest.manifest().root().map(tree::root).flatMap(TreeEntry::directory));
            }
            report(repository.keySlots().inUse(), live.size(), newest);
            return 0;
        }
    }

    private String text() {
        try {
            return file == null
                    ? new String(root.environment().in().readNBytes(SmallFiles.MAX_BYTES), StandardCharsets.UTF_8)
                    : SmallFiles.read(file);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.USAGE,
                    "the key in " + (file == null ? "standard input" : file) + " cannot be read: " + Reasons.text(e),
                    "Check the file.",
                    e);
        }
    }

    /** Files in their order until enough was read. */
    private void read(DirectoryReader tree, ContentReader contents, ChunkReader chunks, Optional<PageRef> directory) {
        for (Iterator<TreeEntry> entries = tree.entries(directory); bytes < MAX_BYTES && entries.hasNext(); ) {
            TreeEntry entry = entries.next();
            if (entry.type() == EntryType.DIRECTORY) {
                read(tree, contents, chunks, entry.directory());
            } else if (entry.type() == EntryType.FILE) {
                contents.chunks(entry.content(), (id, length) -> {
                    bytes += chunks.read(id).length;
                    return bytes < MAX_BYTES;
                });
                files++;
            }
        }
    }

    private void report(KeySlot slot, int snapshots, Snapshot newest) {
        root.messages()
                .tell("The key opens the repository: key slot %s (%s)."
                        .formatted(KeyCommand.shortText(slot.name()), slot.label()));
        root.messages()
                .tell("There %s %s; of the newest, of %s, %s (%s) were read and are as they were written."
                        .formatted(
                                snapshots == 1 ? "is" : "are",
                                Formats.count(snapshots, "snapshot", "snapshots"),
                                Formats.local(newest.manifest().started()),
                                Formats.count(files, "file", "files"),
                                Formats.size(bytes)));
        root.messages()
                .object(JsonLine.of("drill")
                        .with("slot", slot.name().leaf())
                        .with("label", slot.label())
                        .with("snapshots", snapshots)
                        .with("snapshot", newest.id().text())
                        .with("files", files)
                        .with("bytes", bytes));
    }
}
