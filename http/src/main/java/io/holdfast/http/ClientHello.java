package io.holdfast.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The server name in the first message of a TLS client (RFC 8446, section 4.1.2; RFC 6066, section 3), read before anybody has answered it. */
final class ClientHello {
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;
    private static final int MAX_RECORD_BYTES = 1 << 14;

    private ClientHello() {}

    /** What a look at the first bytes gives. */
    sealed interface Look {
        /** Nothing can be said yet. */
        record Incomplete() implements Look {}

        /** It is a client hello, maybe with a name; or something else, that has none. */
        record Complete(Optional<String> serverName) implements Look {}
    }

    private static final Look NO_NAME = new Look.Complete(Optional.empty());

    /** Looks at a buffer, without moving it. A hello over several records counts as one without a name: no client that needs one sends such. */
    static Look look(ByteBuffer buffer) {
        ByteBuffer in = buffer.slice();
        if (in.remaining() < 5) {
            return in.remaining() > 0 && in.get(0) != HANDSHAKE_RECORD ? NO_NAME : new Look.Incomplete();
        }
        int length = Short.toUnsignedInt(in.getShort(3));
        if (in.get(0) != HANDSHAKE_RECORD || length > MAX_RECORD_BYTES) {
            return NO_NAME;
        }
        if (in.remaining() < 5 + length) {
            return new Look.Incomplete();
        }
        try {
            return new Look.Complete(serverName(in.slice(5, length)));
        } catch (IndexOutOfBoundsException | IllegalArgumentException | java.nio.BufferUnderflowException e) {
            return NO_NAME;
        }
    }

    private static Optional<String> serverName(ByteBuffer in) {
        if (in.get() != CLIENT_HELLO) {
            return Optional.empty();
        }
        in.position(4 + 2 + 32); // Length of the message, version, random.
        skip(in, Byte.toUnsignedInt(in.get())); // Session.
        skip(in, Short.toUnsignedInt(in.getShort())); // Cipher suites.
        skip(in, Byte.toUnsignedInt(in.get())); // Compression.
        ByteBuffer extensions = part(in, Short.toUnsignedInt(in.getShort()));
        while (extensions.hasRemaining()) {
            int type = Short.toUnsignedInt(extensions.getShort());
            ByteBuffer extension = part(extensions, Short.toUnsignedInt(extensions.getShort()));
            if (type == SERVER_NAME) {
                ByteBuffer names = part(extension, Short.toUnsignedInt(extension.getShort()));
                if (names.get() != HOST_NAME) {
                    return Optional.empty();
                }
                byte[] name = new byte[Short.toUnsignedInt(names.getShort())];
                names.get(name);
                return Optional.of(new String(name, StandardCharsets.US_ASCII));
            }
        }
        return Optional.empty();
    }

    private static void skip(ByteBuffer in, int bytes) {
        in.position(in.position() + bytes);
    }

    private static ByteBuffer part(ByteBuffer in, int bytes) {
        ByteBuffer part = in.slice(in.position(), bytes);
        skip(in, bytes);
        return part;
    }
}
