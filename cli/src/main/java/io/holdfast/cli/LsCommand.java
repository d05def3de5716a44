package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.TreeEntry;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "ls", description = "Lists what is in a snapshot.")
final class LsCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "An id or 'latest'.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "PATH", arity = "0..1", description = "Only this file or directory.")
    private String path = "/";

    @Option(
            names = {"-r", "--recursive"},
            description = "Directories with all that is in them.")
    private boolean recursive;

    @Mixin
    private final SnapshotFilter filter = new SnapshotFilter();

    LsCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (SnapshotAccess access = SnapshotAccess.open(root)) {
            access.warnOfRollback(root);
            Snapshot snapshot = filter.one(access, name);
            SnapshotTree tree = new SnapshotTree(access.chunks(snapshot), snapshot);
            Bytes start = SnapshotTree.path(path);
            TreeEntry entry = tree.find(start);
            if (entry.type() != EntryType.DIRECTORY) {
                show(start, entry);
            } else {
                tree.walk(start, entry, (p, e) -> {
                    show(p, e);
                    return recursive;
                });
            }
            return 0;
        }
    }

    private void show(Bytes entryPath, TreeEntry entry) {
        String target = entry.type() == EntryType.SYMLINK ? " -> " + Names.text(entry.linkTarget()) : "";
        root.messages()
                .print(String.format(
                        Locale.ROOT,
                        "%s %5d %5d %12d %s %s%s",
                        mode(entry),
                        Integer.toUnsignedLong(entry.uid()),
                        Integer.toUnsignedLong(entry.gid()),
                        entry.sizeBytes(),
                        Formats.local(entry.modified()),
                        Names.text(entryPath),
                        target));
        root.messages().object(json("entry", entryPath, entry));
    }

    static JsonLine json(String type, Bytes path, TreeEntry entry) {
        JsonLine line = JsonLine.of(type)
                .with("path", Names.text(path))
                .with("kind", entry.type().name().toLowerCase(Locale.ROOT))
                .with("mode", Integer.toOctalString(entry.mode()))
                .with("uid", Integer.toUnsignedLong(entry.uid()))
                .with("gid", Integer.toUnsignedLong(entry.gid()))
                .with("size", entry.sizeBytes())
                .with("mtime", Formats.json(entry.modified()));
        return entry.type() == EntryType.SYMLINK ? line.with("target", Names.text(entry.linkTarget())) : line;
    }

    /** As ls(1) writes it. */
    static String mode(TreeEntry entry) {
        char[] text = {typeLetter(entry.type()), '-', '-', '-', '-', '-', '-', '-', '-', '-'};
        String letters = "rwxrwxrwx";
        for (int bit = 0; bit < 9; bit++) {
            if ((entry.mode() & (0400 >> bit)) != 0) {
                text[1 + bit] = letters.charAt(bit);
            }
        }
        special(text, 3, (entry.mode() & 04000) != 0, 's');
        special(text, 6, (entry.mode() & 02000) != 0, 's');
        special(text, 9, (entry.mode() & 01000) != 0, 't');
        return new String(text);
    }

    private static void special(char[] text, int at, boolean set, char letter) {
        if (set) {
            text[at] = text[at] == 'x' ? letter : Character.toUpperCase(letter);
        }
    }

    private static char typeLetter(EntryType type) {
        return switch (type) {
            case FILE -> '-';
            case DIRECTORY -> 'd';
            case SYMLINK -> 'l';
            case FIFO -> 'p';
            case CHARACTER_DEVICE -> 'c';
            case BLOCK_DEVICE -> 'b';
        };
    }
}
