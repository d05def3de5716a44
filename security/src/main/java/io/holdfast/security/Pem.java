package io.holdfast.security;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Keys and certificates as text (RFC 7468). */
public final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final String KEY = "PRIVATE KEY";
    private static final FileAttribute<?> OWNER_ALONE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private Pem() {}

    public static String certificates(List<X509Certificate> chain) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : chain) {
            try {
                text.append(block(CERTIFICATE, certificate.getEncoded()));
            } catch (CertificateException e) {
                throw new IllegalStateException("a certificate without encoding", e);
            }
        }
        return text.toString();
    }

    static String key(PrivateKey key) {
        return block(KEY, key.getEncoded());
    }

    static String block(String type, byte[] content) {
        return "-----BEGIN " + type + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content) + "\n-----END " + type
                + "-----\n";
    }

    /**
     * All certificates in a text.
     *
     * @param what names the text in errors
     */
    public static List<X509Certificate> certificates(String text, String what) {
        List<X509Certificate> found = new ArrayList<>();
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (byte[] block : blocks(text, CERTIFICATE, what)) {
                found.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block)));
            }
        } catch (CertificateException e) {
            throw unreadable(what, "a certificate", e);
        }
        if (found.isEmpty()) {
            throw unreadable(what, "a certificate", null);
        }
        return found;
    }

    /** The private key in a text: on an elliptic curve, or RSA. */
    static PrivateKey key(String text, String what) {
        for (byte[] block : blocks(text, KEY, what)) {
            for (String algorithm : new String[] {"EC", "RSA"}) {
                try {
                    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(block));
                } catch (GeneralSecurityException e) {
                    // Maybe the other one.
                }
            }
        }
        throw unreadable(what, "a private key (PKCS #8)", null);
    }

    private static List<byte[]> blocks(String text, String type, String what) {
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            if (matcher.group(1).equals(type)) {
                try {
                    blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
                } catch (IllegalArgumentException e) {
                    throw unreadable(what, type, e);
                }
            }
        }
        return blocks;
    }

    private static HoldfastException unreadable(String what, String expected, @Nullable Exception e) {
        return new HoldfastException(
                ErrorCode.WRONG_KEY, what + " does not have " + expected + " in PEM", "Is it another file?", e);
    }

    /** Reads an identity from two files. */
    public static Identity read(Path key, Path chain) {
        return new Identity(key(text(key), key.toString()), certificates(text(chain), chain.toString()));
    }

    /** Writes an identity, the key first, each file whole or not at all; only its owner can read the key. */
    public static void write(Identity identity, Path key, Path chain) {
        writeWhole(key, key(identity.key()), true);
        writeWhole(chain, certificates(identity.chain()), false);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY, file + " cannot be read: " + e, "Check that it is there, and its rights.", e);
        }
    }

    /** Durable when this returns. */
    static void writeWhole(Path file, String text, boolean isSecret) {
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        try {
            Files.deleteIfExists(temporary);
            FileAttribute<?>[] attributes = isSecret
                            && file.getFileSystem()
                                    .supportedFileAttributeViews()
                                    .contains("posix")
                    ? new FileAttribute<?>[] {OWNER_ALONE}
                    : new FileAttribute<?>[0];
            try (FileChannel channel = FileChannel.open(
                    temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
                ByteBuffer content = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (content.hasRemaining()) {
                    channel.write(content);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    file + " cannot be written: " + e,
                    "Check the directory, its rights and space.",
                    e);
        }
    }
}
