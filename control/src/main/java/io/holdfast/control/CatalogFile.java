package io.holdfast.control;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.holdfast.catalog.CatalogRows;
import io.holdfast.catalog.CatalogRows.Column;
import io.holdfast.catalog.CatalogRows.Table;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A whole catalog in one file, as docs/server.md ("A catalog in a file") has it. Not thread-safe. */
public final class CatalogFile {
    private static final String FORMAT = "holdfast catalog";
    private static final long VERSION = 1;

    /** No row is that long; what is no catalog shall not fill the memory. */
    private static final int LONGEST_LINE = 64 << 20;

    private final Path file;

    /**
     * What a file tells of itself.
     *
     * @param schema of the catalog
     * @param program that wrote it, with its version
     * @param rows for each table
     */
    public record Summary(long schema, String program, Instant made, Map<String, Long> rows) {
        public Summary {
            rows = Map.copyOf(rows);
        }

        /** Of all tables. */
        public long allRows() {
            return rows.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    private record Header(String format, long version, long schema, String program, Instant made) {}

    private record ColumnLine(String name, String type) {}

    private record TableLine(String table, List<ColumnLine> columns) {}

    private record EndLine(Map<String, Long> rows, String sha256) {}

    /** Any of the two after the header. */
    private record AnyLine(
            Optional<String> table, List<ColumnLine> columns, Map<String, Long> rows, Optional<String> sha256) {}

    public CatalogFile(Path file) {
        this.file = file;
    }

    /**
     * Writes it, for its owner alone to read.
     *
     * @param program that does, with its version
     * @throws HoldfastException {@code REFUSED} where the file is there already, {@code FAILED} where it cannot be written; then there is none
     */
    public Summary write(CatalogRows rows, String program, Instant now) {
        create();
        try {
            Header header = new Header(FORMAT, VERSION, CatalogRows.schema(), program, now);
            Map<String, Long> counts = new LinkedHashMap<>();
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                    ZstdOutputStream out = new ZstdOutputStream(Channels.newOutputStream(channel))) {
                out.setChecksum(true);
                Writing writing = new Writing(out, counts);
                writing.line(Json.bytes(header));
                rows.read(writing);
                writing.end();
                out.close();
            }
            force();
            return new Summary(header.schema(), program, now, counts);
        } catch (IOException | UncheckedIOException e) {
            remove();
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    file + " cannot be written: " + e.getMessage(),
                    "Check its directory, rights and space.",
                    e);
        } catch (RuntimeException e) {
            remove();
            throw e;
        }
    }

    private void create() {
        try {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } else {
                Files.createFile(file);
            }
        } catch (FileAlreadyExistsException e) {
            throw new HoldfastException(ErrorCode.REFUSED, file + " is there already", "Name another file.", e);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    file + " cannot be made: " + e.getMessage(),
                    "Name a file in a directory that you may write to.",
                    e);
        }
    }

    private void force() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    private void remove() {
        try {
            boolean ignored = Files.deleteIfExists(file);
        } catch (IOException e) {
            // It has no end, and nobody takes it for a whole one.
        }
    }

    /**
     * Reads all of it, and gives what it tells of itself.
     *
     * @throws HoldfastException {@code DAMAGED} where it is cut off, was changed or is something else, {@code UNSUPPORTED_VERSION} where it is of another schema than
     *     this program's, {@code NOT_FOUND} where it is not there
     */
    public Summary check() {
        return read(new CatalogRows.Sink() {
            @Override
            public void table(Table table) {
                // Its place and columns are compared where it goes in.
            }

            @Override
            public void row(List<@Nullable Object> values) {
                // The same.
            }
        });
    }

    /**
     * Fills an empty catalog with it, or changes nothing.
     *
     * @throws HoldfastException {@code REFUSED} where it is not empty, and what {@link #check} throws
     */
    public Summary fill(CatalogRows rows) {
        Summary known = check();
        rows.fill(sink -> {
            // Somebody may have written to it meanwhile: it counts as it is read now.
            var ignored = read(sink);
        });
        return known;
    }

    private Summary read(CatalogRows.Sink sink) {
        if (!Files.exists(file)) {
            throw HoldfastException.notFound("there is no file " + file);
        }
        try (InputStream in = new BufferedInputStream(new ZstdInputStream(Files.newInputStream(file)), 1 << 16)) {
            return new Reading(in, sink).all();
        } catch (EOFException | ZstdIOException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, file + " cannot be read: " + e.getMessage(), "Check its disk and rights.", e);
        }
    }

    private HoldfastException damaged(String why, @Nullable Exception cause) {
        return new HoldfastException(
                ErrorCode.DAMAGED,
                file + " is no whole catalog: " + why,
                "Nothing was imported. Copy it again from where it was exported, or export again.",
                cause);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Writing implements CatalogRows.Sink {
        private final OutputStream out;
        private final MessageDigest digest = sha256();
        private final Map<String, Long> counts;
        private String table = "";

        Writing(OutputStream out, Map<String, Long> counts) {
            this.out = out;
            this.counts = counts;
        }

        void line(byte[] text) {
            digest.update(text);
            digest.update((byte) '\n');
            put(text);
        }

        private void put(byte[] text) {
            try {
                out.write(text);
                out.write('\n');
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void table(Table next) {
            table = next.name();
            counts.put(table, 0L);
            line(Json.bytes(new TableLine(
                    table,
                    next.columns().stream()
                            .map(column -> new ColumnLine(
                                    column.name(), column.type().name().toLowerCase(Locale.ROOT)))
                            .toList())));
        }

        @Override
        public void row(List<@Nullable Object> values) {
            // Bytes become base64.
            line(Json.bytes(values));
            long ignored = counts.merge(table, 1L, Long::sum);
        }

        void end() {
            put(Json.bytes(new EndLine(counts, HexFormat.of().formatHex(digest.digest()))));
        }
    }

    private final class Reading {
        private final InputStream in;
        private final CatalogRows.Sink sink;
        private final MessageDigest digest = sha256();
        private final Map<String, Long> counts = new LinkedHashMap<>();
        private Table table = new Table("", List.of());

        Reading(InputStream in, CatalogRows.Sink sink) {
            this.in = in;
            this.sink = sink;
        }

        Summary all() throws IOException {
            Header header = header();
            while (true) {
                byte[] line = line();
                if (line.length > 0 && line[0] == '[') {
                    take(line);
                    row(parse(line, Object[].class));
                    continue;
                }
                AnyLine other = parse(line, AnyLine.class);
                if (other.sha256().isPresent()) {
                    end(other, other.sha256().get());
                    return new Summary(header.schema(), header.program(), header.made(), counts);
                }
                take(line);
                table(other);
            }
        }

        private Header header() throws IOException {
            byte[] line = line();
            Header header = parse(line, Header.class);
            take(line);
            if (!header.format().equals(FORMAT)) {
                throw damaged("it is something else", null);
            }
            if (header.version() != VERSION || header.schema() != CatalogRows.schema()) {
                throw new HoldfastException(
                        ErrorCode.UNSUPPORTED_VERSION,
                        file + " has schema " + header.schema() + " in format " + header.version()
                                + ", this program knows schema " + CatalogRows.schema() + " in format " + VERSION,
                        "Import it with " + header.program()
                                + ", which wrote it; a newer program takes over the catalog" + " from there.");
            }
            return header;
        }

        private void table(AnyLine line) {
            String name = line.table().orElseThrow(() -> damaged("a line is none of a table, row or end", null));
            List<Column> columns = new ArrayList<>();
            for (ColumnLine column : line.columns()) {
                columns.add(new Column(
                        column.name(),
                        Arrays.stream(CatalogRows.Type.values())
                                .filter(type ->
                                        type.name().toLowerCase(Locale.ROOT).equals(column.type()))
                                .findFirst()
                                .orElseThrow(() -> damaged("a column of type " + column.type(), null))));
            }
            table = new Table(name, columns);
            counts.put(name, 0L);
            sink.table(table);
        }

        private void row(@Nullable Object[] values) {
            if (values.length != table.columns().size()) {
                throw damaged("a row of '" + table.name() + "' has " + values.length + " values", null);
            }
            List<@Nullable Object> row = new ArrayList<>();
            for (int i = 0; i < values.length; i++) {
                row.add(value(values[i], table.columns().get(i).type()));
            }
            sink.row(row);
            long ignored = counts.merge(table.name(), 1L, Long::sum);
        }

        private @Nullable Object value(@Nullable Object value, CatalogRows.Type type) {
            try {
                return switch (type) {
                    case TEXT -> (String) value;
                    case NUMBER -> value instanceof Integer number ? (Object) number.longValue() : (Long) value;
                    case BYTES -> value == null ? null : Base64.getDecoder().decode((String) value);
                };
            } catch (ClassCastException | IllegalArgumentException e) {
                throw damaged("a value of '" + table.name() + "' has another type", e);
            }
        }

        private void end(AnyLine line, String hash) throws IOException {
            if (!HexFormat.of().formatHex(digest.digest()).equals(hash)) {
                throw damaged("its SHA-256 is another one than its end says", null);
            }
            if (!line.rows().equals(counts)) {
                throw damaged("its end counts other rows", null);
            }
            if (in.read() >= 0) {
                throw damaged("something comes after its end", null);
            }
        }

        private void take(byte[] line) {
            digest.update(ByteBuffer.wrap(line));
            digest.update((byte) '\n');
        }

        private <T> T parse(byte[] line, Class<T> type) {
            try {
                return Json.parse(new String(line, StandardCharsets.UTF_8), type);
            } catch (HoldfastException e) {
                throw damaged("a line is wrong", e);
            }
        }

        /** One without its end. */
        private byte[] line() throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = in.read(); next != '\n'; next = in.read()) {
                if (next < 0) {
                    throw damaged("its end is missing", null);
                }
                if (line.size() >= LONGEST_LINE) {
                    throw damaged("a line is too long", null);
                }
                line.write(next);
            }
            return line.toByteArray();
        }
    }
}
