package io.holdfast.sources.files;

import io.holdfast.core.Bytes;
import io.holdfast.sources.files.HostFileException.Reason;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * Names of bytes and the paths of {@code java.nio}. On Unix a {@code Path} holds bytes, but only its URI gives them away and
 * takes them, whatever the encoding the JVM believes in; so all that is not ASCII goes through a URI there.
 */
final class PortableNames {
    private PortableNames() {}

    /** @throws IllegalArgumentException where it is no absolute path */
    static Path absolute(Bytes path) {
        byte[] bytes = path.unsafeArray();
        Path absolute;
        if (isAscii(bytes)) {
            absolute = Path.of(new String(bytes, StandardCharsets.US_ASCII));
        } else if (PortableHostFiles.IS_UNIX) {
            if (bytes[0] != '/') {
                throw new IllegalArgumentException("not an absolute path");
            }
            absolute = Path.of(URI.create("file://" + percentEncoded(bytes)));
        } else {
            absolute = Path.of(utf8(bytes));
        }
        if (!absolute.isAbsolute()) {
            throw new IllegalArgumentException("not an absolute path");
        }
        return absolute;
    }

    static Path child(Path directory, Bytes name, String operation) throws HostFileException {
        byte[] bytes = ChildName.checked(name, operation);
        try {
            Path leaf;
            if (isAscii(bytes)) {
                leaf = Path.of(new String(bytes, StandardCharsets.US_ASCII));
            } else if (PortableHostFiles.IS_UNIX) {
                leaf = Path.of(URI.create("file:///" + percentEncoded(bytes))).getFileName();
            } else {
                leaf = Path.of(utf8(bytes));
            }
            // On Windows a name may hold a separator or a drive of which the check above knows nothing.
            if (leaf.isAbsolute() || leaf.getNameCount() != 1 || leaf.getRoot() != null) {
                throw HostFileException.of(Reason.BAD_NAME, operation, name);
            }
            return directory.resolve(leaf);
        } catch (InvalidPathException e) {
            throw HostFileException.of(Reason.BAD_NAME, operation, PrintableName.of(name), e);
        }
    }

    /** The last component of a path. */
    static Bytes leaf(Path path) throws HostFileException {
        Path leaf = path.getFileName();
        String text = leaf == null ? "" : leaf.toString();
        if (isAscii(text)) {
            return Bytes.wrap(text.getBytes(StandardCharsets.US_ASCII));
        }
        if (!PortableHostFiles.IS_UNIX) {
            return text(text);
        }
        String raw = path.toUri().getRawPath();
        int end = raw.endsWith("/") ? raw.length() - 1 : raw.length();
        return percentDecoded(raw.substring(raw.lastIndexOf('/', end - 1) + 1, end));
    }

    /** Text as UTF-8. */
    static Bytes text(String text) throws HostFileException {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Bytes.copyOf(bytes.array(), bytes.arrayOffset(), bytes.limit());
        } catch (CharacterCodingException e) {
            throw HostFileException.of(Reason.BAD_NAME, "encode", text, e);
        }
    }

    /** @throws InvalidPathException where the bytes are no UTF-8 */
    static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            InvalidPathException invalid = new InvalidPathException(PrintableName.of(bytes), "not UTF-8");
            invalid.initCause(e);
            throw invalid;
        }
    }

    private static boolean isAscii(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c < 0x80);
    }

    private static String percentEncoded(byte[] bytes) {
        StringBuilder encoded = new StringBuilder(bytes.length * 3);
        for (byte b : bytes) {
            if (b == '/') {
                encoded.append('/');
            } else {
                encoded.append('%')
                        .append(Character.forDigit((b >> 4) & 0xf, 16))
                        .append(Character.forDigit(b & 0xf, 16));
            }
        }
        return encoded.toString();
    }

    private static Bytes percentDecoded(String encoded) {
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(encoded.length());
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '%') {
                decoded.write(Integer.parseInt(encoded, i + 1, i + 3, 16));
                i += 2;
            } else {
                decoded.write(encoded.charAt(i));
            }
        }
        return Bytes.wrap(decoded.toByteArray());
    }
}
