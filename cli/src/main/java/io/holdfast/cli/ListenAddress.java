package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;

/** Where a server listens, as people write it: {@code HOST:PORT}. */
final class ListenAddress {
    static final String DEFAULT = "0.0.0.0:8443";

    private ListenAddress() {}

    /** Whether it is written as one; nobody is asked whether there is such a host. */
    static boolean isOne(String text) {
        try {
            URI uri = URI.create("https://" + text);
            return uri.getHost() != null
                    && uri.getPort() >= 0
                    && uri.getPort() < 1 << 16
                    && uri.getRawPath().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** @throws HoldfastException {@code USAGE} where it is none, or there is no such host */
    static InetSocketAddress parse(String text) {
        if (!isOne(text)) {
            throw HoldfastException.usage(
                    "--listen '" + text + "' is no address", "Write HOST:PORT, such as " + DEFAULT + ".");
        }
        try {
            URI uri = URI.create("https://" + text);
            return new InetSocketAddress(InetAddress.getAllByName(uri.getHost())[0], uri.getPort());
        } catch (UnknownHostException e) {
            throw new HoldfastException(
                    ErrorCode.USAGE, "there is no host of --listen " + text, "Name an address of this machine.", e);
        }
    }

    /** How this machine reaches what listens there. */
    static String local(InetSocketAddress listen, int port) {
        String number = listen.getAddress().isAnyLocalAddress()
                ? "127.0.0.1"
                : listen.getAddress().getHostAddress();
        return (number.contains(":") ? "[" + number + "]" : number) + ":" + port;
    }
}
