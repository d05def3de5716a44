package io.holdfast.http;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** TLS for clients that ask for a certain server name: only they are asked for a certificate. */
final class MachineTls extends SslConnectionFactory {
    private final String serverName;

    MachineTls(SslContextFactory.Server context, String nextProtocol, String serverName) {
        super(context, nextProtocol);
        this.serverName = serverName;
    }

    @Override
    public Detection detect(ByteBuffer buffer) {
        return switch (ClientHello.look(buffer)) {
            case ClientHello.Look.Incomplete ignored -> Detection.NEED_MORE_BYTES;
            case ClientHello.Look.Complete look -> isFor(look.serverName());
        };
    }

    private Detection isFor(Optional<String> name) {
        return name.filter(serverName::equalsIgnoreCase).isPresent() ? Detection.RECOGNIZED : Detection.NOT_RECOGNIZED;
    }
}
