package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.crypto.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;

/** An object that a host has sent, all of it: small ones in memory, others in a file, so that slow hosts cost no memory. For one thread. */
final class ReceivedObject implements AutoCloseable {
    private static final int IN_MEMORY_BYTES = 1 << 20;
    private static final int PIECE_BYTES = 64 << 10;

    private final byte[] small;
    private final Optional<Path> file;
    private final String sha256;
    private final long sizeBytes;

    private ReceivedObject(byte[] small, Optional<Path> file, String sha256, long sizeBytes) {
        this.small = small;
        this.file = file;
        this.sha256 = sha256;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Reads to the end.
     *
     * @param directory for what is large; it may be missing
     * @throws IOException where the sender breaks off
     */
    static ReceivedObject read(InputStream in, Path directory) throws IOException {
        MessageDigest digest = Sha256.digest();
        ByteArrayOutputStream start = new ByteArrayOutputStream();
        byte[] piece = new byte[PIECE_BYTES];
        int count = in.read(piece);
        while (count >= 0 && start.size() + count <= IN_MEMORY_BYTES) {
            digest.update(piece, 0, count);
            start.write(piece, 0, count);
            count = in.read(piece);
        }
        if (count < 0) {
            return new ReceivedObject(start.toByteArray(), Optional.empty(), hex(digest), start.size());
        }
        Path file = Files.createTempFile(Files.createDirectories(directory), "object", ".part");
        try (OutputStream out = Files.newOutputStream(file)) {
            start.writeTo(out);
            long size = start.size();
            for (; count >= 0; count = in.read(piece)) {
                digest.update(piece, 0, count);
                out.write(piece, 0, count);
                size += count;
            }
            return new ReceivedObject(new byte[0], Optional.of(file), hex(digest), size);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** Of all bytes, in hexadecimal digits. */
    String sha256() {
        return sha256;
    }

    /** All of it, in memory from now on. */
    byte[] bytes() {
        if (file.isEmpty()) {
            return small;
        }
        try {
            return Files.readAllBytes(file.get());
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, file.get() + " cannot be read: " + e, "Check the media server's disk.", e);
        }
    }

    ByteBuffer buffer() {
        return ByteBuffer.wrap(bytes());
    }

    @Override
    public void close() {
        if (file.isPresent()) {
            try {
                Files.deleteIfExists(file.get());
            } catch (IOException e) {
                // Cleared away at the next start.
            }
        }
    }
}
