package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.databases.DatabasePart;
import io.holdfast.databases.DatabaseSource;
import io.holdfast.databases.RestoreTarget;
import io.holdfast.databases.RestoreTarget.Existing;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.mariadb.MariadbSource;
import io.holdfast.databases.postgresql.PostgresqlSource;
import io.holdfast.protocol.machine.JobOrder.DatabaseTarget;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.tree.DirectoryReader;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.restore.RestoreSource;
import io.holdfast.sources.restore.StreamContent;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;

/** Brings the dump that a snapshot has into a running database server (docs/databases.md, "Restoring"). */
public final class DatabaseRestore {
    private static final int HEAD_BYTES = 4 << 10;
    private static final String OF_POSTGRESQL = "PGDMP";
    private static final String ACCOUNTS_OF_POSTGRESQL = "-- PostgreSQL database cluster dump";
    private static final Pattern OF_MARIADB = Pattern.compile("^-- (MariaDB|MySQL) dump ", Pattern.MULTILINE);

    private DatabaseRestore() {}

    /**
     * What came back.
     *
     * @param make of the server, as plans have it
     * @param name of the database; empty for accounts
     * @param notes what somebody should know, one line each
     */
    public record Restored(String make, String name, long bytes, List<String> notes) {
        /** For messages. */
        public String text() {
            return name.isEmpty() ? "accounts of " + make : "database '" + name + "' of " + make;
        }
    }

    /**
     * Restores it.
     *
     * @param source borrowed
     * @param onBytes told of each piece that was read
     * @throws HoldfastException {@code USAGE} where the snapshot has no dump of a database, and what {@link DatabaseSource#restore} throws
     */
    public static Restored run(RestoreSource source, Snapshot snapshot, DatabaseTarget target, LongConsumer onBytes) {
        String stream = snapshot.manifest()
                .streamName()
                .map(name -> RawText.decode(name.unsafeArray()))
                .orElseThrow(() -> noDump("holds files"));
        DatabasePart part =
                DatabasePart.ofStreamName(stream).orElseThrow(() -> noDump("has the stream '" + stream + "'"));
        ServerAccess access = new ServerAccess(target.connectionFile().map(Path::of), target.runAs(), Optional.empty());
        TreeEntry entry = entry(source, snapshot);
        try (InputStream in =
                new BufferedInputStream(new Told(new StreamContent(source, entry), onBytes), HEAD_BYTES)) {
            DatabaseSource server = server(in, access);
            List<String> notes = server.restore(
                    part, in, new RestoreTarget(target.name(), target.replace() ? Existing.REPLACE : Existing.REFUSE));
            return new Restored(server.kind(), target.name().orElse(part.database()), entry.sizeBytes(), notes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HoldfastException noDump(String what) {
        return HoldfastException.usage(
                "the snapshot " + what + ", and no dump of a database",
                "Name a snapshot of a database: 'holdfast snapshots' shows them, such as mariadb:shop.dump.");
    }

    /** The stream is the one file in the root of its snapshot. */
    private static TreeEntry entry(RestoreSource source, Snapshot snapshot) {
        DirectoryReader directories = new DirectoryReader(source.chunks());
        return snapshot.manifest()
                .root()
                .map(directories::root)
                .flatMap(root -> directories.find(
                        root.directory(), snapshot.manifest().streamName().orElseThrow()))
                .orElseThrow(() -> HoldfastException.damaged("the stream is not in its snapshot"));
    }

    /** By what the stream begins with, which is left in it. */
    private static DatabaseSource server(InputStream in, ServerAccess access) throws IOException {
        in.mark(HEAD_BYTES);
        String head = new String(in.readNBytes(HEAD_BYTES), StandardCharsets.ISO_8859_1);
        in.reset();
        if (head.startsWith(OF_POSTGRESQL) || head.contains(ACCOUNTS_OF_POSTGRESQL)) {
            return new PostgresqlSource(access);
        }
        if (OF_MARIADB.matcher(head).find()) {
            return new MariadbSource(access);
        }
        throw new HoldfastException(
                ErrorCode.USAGE,
                "the stream is no dump that this program knows",
                "Restore it as a file, and read it in with the server's own program.");
    }

    /** Tells how much was read. */
    private static final class Told extends FilterInputStream {
        private final LongConsumer onBytes;

        Told(InputStream in, LongConsumer onBytes) {
            super(in);
            this.onBytes = onBytes;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            onBytes.accept(read < 0 ? 0 : 1);
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            onBytes.accept(Math.max(count, 0));
            return count;
        }
    }
}
