package io.holdfast.cli;

import io.holdfast.control.ServerDirectory;
import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.security.Authority;
import io.holdfast.security.Pem;
import io.holdfast.security.TlsContexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Looks how far one gets on the way to a server: its name, a connection, its certificate. Not thread-safe. */
final class ServerProbe {
    private static final int PATIENCE_MILLIS = 10_000;

    private final String address;
    private final Bytes authority;

    /**
     * @param address host and port
     * @param authority that has to have signed the certificate of the server
     */
    ServerProbe(String address, X509Certificate authority) {
        this.address = address;
        this.authority = Authority.fingerprint(authority);
    }

    /** For the server whose directory that is; empty where none was made there, or nobody may read it. */
    static Optional<ServerProbe> ofServer(ServerDirectory directory, String address) {
        try {
            return Optional.of(
                    new ServerProbe(address, certificate(directory.authority().resolve("authority.pem"))));
        } catch (HoldfastException e) {
            return Optional.empty();
        }
    }

    /** The last certificate in a file. */
    static X509Certificate certificate(Path file) {
        try {
            return Pem.certificates(SmallFiles.read(file), file.toString()).getLast();
        } catch (IOException e) {
            throw HoldfastException.usage(file + " cannot be read: " + Reasons.text(e), "Check its rights.");
        }
    }

    /** Whether this very server answers. */
    boolean reaches() {
        return Finding.count(look(), Finding.State.PROBLEM) == 0;
    }

    /** A finding for each step, up to the first that fails. */
    List<Finding> look() {
        List<Finding> findings = new ArrayList<>();
        URI uri = ServerAccess.uri("https://" + address);
        String host = uri.getHost().replaceAll("[\\[\\]]", "");
        InetAddress[] numbers;
        try {
            numbers = InetAddress.getAllByName(host);
            findings.add(Finding.ok("dns", host + " is " + numbers[0].getHostAddress()));
        } catch (UnknownHostException e) {
            findings.add(Finding.problem(
                    "dns", "there is no host " + host, "Check the name, and name resolution (/etc/resolv.conf)."));
            return findings;
        }
        Socket socket = connected(numbers, uri.getPort(), findings);
        if (socket != null) {
            findings.add(tls(socket, host, uri.getPort()));
        }
        return findings;
    }

    private @Nullable Socket connected(InetAddress[] numbers, int port, List<Finding> findings) {
        String why = "";
        for (InetAddress number : numbers) {
            Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(number, port), PATIENCE_MILLIS);
                socket.setSoTimeout(PATIENCE_MILLIS);
                findings.add(Finding.ok("tcp", address + " answers"));
                return socket;
            } catch (IOException e) {
                why = String.valueOf(e.getMessage());
                close(socket);
            }
        }
        findings.add(Finding.problem(
                "tcp",
                address + " does not answer: " + why,
                "Check that the server runs, and that no firewall is between (port " + port + ")."));
        return null;
    }

    private Finding tls(Socket socket, String host, int port) {
        try (socket;
                SSLSocket secure = (SSLSocket) TlsContexts.clientKnowing(authority)
                        .getSocketFactory()
                        .createSocket(socket, host, port, true)) {
            secure.startHandshake();
            return Finding.ok("tls", "it is the server of authority " + authority.toHex());
        } catch (IOException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            return Finding.problem(
                    "tls",
                    address + " does not show a certificate of authority " + authority.toHex() + ": "
                            + cause.getMessage(),
                    "Another program or server is there, or something between breaks TLS open.");
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It was never connected.
        }
    }
}
