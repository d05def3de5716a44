package io.holdfast.cli;

import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.security.Pem;
import io.holdfast.security.TlsContexts;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** Finds the server that a command is about: {@code --server}, {@code HOLDFAST_SERVER}, or the one that was logged in to last. */
final class ServerAccess {
    private ServerAccess() {}

    /** A connection to it, with the token that login got. */
    static HttpCaller open(RootCommand root) {
        Environment environment = root.environment();
        Optional<String> wanted = root.serverName();
        Optional<ServerContext> context =
                wanted.map(name -> named(environment, name)).orElseGet(() -> ServerContext.last(environment));
        return open(context.orElseThrow(() -> HoldfastException.usage(
                "no server is known", "Log in first: holdfast login https://SERVER --user NAME.")));
    }

    private static Optional<ServerContext> named(Environment environment, String name) {
        Optional<ServerContext> known = name.contains("://")
                ? ServerContext.named(environment, nameOf(uri(name)))
                : ServerContext.named(environment, name);
        if (known.isEmpty()) {
            throw HoldfastException.usage(
                    "nobody has logged in to a server '" + name + "' here",
                    "Log in first: holdfast login https://SERVER --user NAME.");
        }
        return known;
    }

    static HttpCaller open(ServerContext context) {
        return new HttpCaller(
                uri(context.url()), trust(context.authority()), new SSLParameters(), Optional.of(context.token()));
    }

    /** Believes the authority in this PEM text, or those of the system where it is empty. */
    static SSLContext trust(String authority) {
        try {
            return authority.isEmpty()
                    ? SSLContext.getDefault()
                    : TlsContexts.client(
                            Optional.empty(),
                            Pem.certificates(authority, "the server's authority")
                                    .getLast());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Believes this authority. */
    static SSLContext trust(X509Certificate authority) {
        return TlsContexts.client(Optional.empty(), authority);
    }

    /** Host and port as a name of a file has them. */
    static String nameOf(URI server) {
        return (server.getHost() + "-" + server.getPort())
                .replaceAll("[^A-Za-z0-9._-]", "-")
                .replaceAll("^[^A-Za-z0-9]+", "");
    }

    /** @throws HoldfastException {@code USAGE} where that is no address of a server */
    static URI uri(String text) {
        try {
            URI uri = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
            if ("https".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getRawPath().isEmpty()) {
                return uri.getPort() > 0 ? uri : URI.create(uri + ":443");
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw HoldfastException.usage("'" + text + "' is no address of a server", "Write https://HOST:PORT.");
    }

    /** One segment of a path. */
    static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
