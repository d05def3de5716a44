package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.Router;
import io.holdfast.http.WebServer;
import io.holdfast.protocol.MediaLine;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.MachineName;
import io.holdfast.security.TlsContexts;
import io.holdfast.storage.Bandwidth;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/** A media server on the loopback with TLS, and hosts with certificates. */
final class VaultServer implements AutoCloseable {
    private final SecureRandom random = new SecureRandom();
    private final Authority authority;
    private final WebServer server;
    private final List<VaultCalls> calls = new ArrayList<>();

    /** @param routes adds what it answers */
    VaultServer(Path directory, Consumer<Router> routes) throws Exception {
        this.authority =
                Authority.create(Files.createDirectories(directory.resolve("authority")), WallClock.system(), random);
        Identity identity = authority.forServer(List.of("127.0.0.1"));
        Router router = new Router();
        routes.accept(router);
        this.server = WebServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                new WebServer.Tls(
                        TlsContexts.people(() -> identity),
                        TlsContexts.machines(() -> identity, authority.certificate()),
                        MachineName.SERVER_NAME),
                router,
                (method, pattern, status, took, failure) -> {},
                MonotonicClock.system());
    }

    int port() {
        return server.port();
    }

    /** The id of a host that there may be. */
    String hostId() {
        byte[] id = new byte[16];
        random.nextBytes(id);
        return Bytes.wrap(id).toHex();
    }

    /** What a host shows. */
    SSLContext tls(String host) {
        MachineKeys keys = MachineKeys.generate(random);
        Identity identity = new Identity(
                keys.key(), authority.forMachine(new MachineName(MachineName.Role.HOST, host), keys.request()));
        return TlsContexts.client(Optional.of(() -> identity), authority.certificate());
    }

    /** A media server's end of the control server that this is. */
    MachineLink link(String mediaServer) {
        MachineKeys keys = MachineKeys.generate(random);
        Identity identity = new Identity(
                keys.key(), authority.forMachine(new MachineName(MachineName.Role.MEDIA, mediaServer), keys.request()));
        return new MachineLink(List.of("127.0.0.1:" + port()), () -> identity, authority.certificate());
    }

    /** A host's end. */
    VaultCalls calls(String host, Bandwidth bandwidth) {
        VaultCalls made = new VaultCalls(new MediaLine(
                List.of(InetSocketAddress.createUnresolved("127.0.0.1", port())),
                tls(host),
                TlsContexts.machineParameters(),
                () -> bandwidth));
        calls.add(made);
        return made;
    }

    @Override
    public void close() {
        calls.forEach(VaultCalls::close);
        server.close();
    }
}
