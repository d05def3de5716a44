package io.holdfast.protocol.machine;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.security.Identity;
import io.holdfast.security.TlsContexts;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A machine's connection to a server, under the name that machines ask for. Where several addresses are known, the one that answered last is asked first, then the others. Thread-safe.
 */
public final class MachineLink implements AutoCloseable {
    private volatile List<String> servers;
    private final SSLContext tls;
    private @Nullable HttpCaller current;

    /**
     * @param servers host and port of each
     * @param own is asked at each new connection, so that a renewed certificate counts
     * @throws HoldfastException {@code USAGE} where one is no address
     */
    public MachineLink(List<String> servers, Supplier<Identity> own, X509Certificate authority) {
        this.servers = List.copyOf(servers);
        this.tls = TlsContexts.client(Optional.of(own), authority);
        servers.forEach(MachineLink::split);
    }

    /**
     * Asks; another address where one does not answer.
     *
     * @throws HoldfastException {@code STORE_UNREACHABLE} where none does; else what the server says
     */
    public <T> T ask(Function<HttpCaller, T> question) {
        HttpCaller known = current();
        Optional<HoldfastException> failure = Optional.empty();
        if (known != null) {
            try {
                return question.apply(known);
            } catch (HoldfastException e) {
                failure = Optional.of(unreachable(e));
                forget(known);
            }
        }
        for (URI address : addresses()) {
            HttpCaller caller = new HttpCaller(address, tls, TlsContexts.machineParameters(), Optional.empty());
            try {
                T answer = question.apply(caller);
                keep(caller);
                return answer;
            } catch (HoldfastException e) {
                if (e.code() != ErrorCode.STORE_UNREACHABLE) {
                    keep(caller);
                    throw e;
                }
                caller.close();
                failure = Optional.of(e);
            }
        }
        throw failure.orElseGet(() ->
                new HoldfastException(ErrorCode.STORE_UNREACHABLE, "no server is known", "Enrol this machine again."));
    }

    /**
     * From now on these are asked; the one that answered last stays the first.
     *
     * @throws HoldfastException {@code USAGE} where one is no address
     */
    public void know(List<String> addresses) {
        addresses.forEach(MachineLink::split);
        servers = List.copyOf(addresses);
    }

    private static HoldfastException unreachable(HoldfastException e) {
        if (e.code() != ErrorCode.STORE_UNREACHABLE) {
            throw e;
        }
        return e;
    }

    private synchronized @Nullable HttpCaller current() {
        return current;
    }

    private synchronized void keep(HttpCaller caller) {
        HttpCaller before = current;
        current = caller;
        if (before != null && before != caller) {
            before.close();
        }
    }

    private synchronized void forget(HttpCaller caller) {
        if (current == caller) {
            current = null;
            caller.close();
        }
    }

    /** By numbers, for the name that is asked for in TLS is another one. */
    private List<URI> addresses() {
        List<URI> addresses = new ArrayList<>();
        HoldfastException failure = null;
        for (String server : servers) {
            HostAndPort place = split(server);
            try {
                for (InetAddress address : InetAddress.getAllByName(place.host())) {
                    String number = address.getHostAddress();
                    addresses.add(URI.create(
                            "https://" + (number.contains(":") ? "[" + number + "]" : number) + ":" + place.port()));
                }
            } catch (UnknownHostException e) {
                failure = new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        "there is no host " + place.host(),
                        "Check the name of the server, and name resolution.",
                        e);
            }
        }
        if (addresses.isEmpty() && failure != null) {
            throw failure;
        }
        return addresses;
    }

    private record HostAndPort(String host, int port) {}

    private static HostAndPort split(String server) {
        try {
            URI uri = URI.create("https://" + server);
            if (uri.getHost() != null && uri.getPort() > 0 && uri.getPath().isEmpty()) {
                String host = uri.getHost();
                return new HostAndPort(
                        host.startsWith("[") ? host.substring(1, host.length() - 1) : host, uri.getPort());
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw HoldfastException.usage("'" + server + "' is no address of a server", "Write HOST:PORT.");
    }

    @Override
    public synchronized void close() {
        if (current != null) {
            current.close();
            current = null;
        }
    }
}
