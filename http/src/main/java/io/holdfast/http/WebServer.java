package io.holdfast.http;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.DetectorConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.server.handler.MinimumDataRateHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.jspecify.annotations.Nullable;

/** An HTTPS server on one port, each request on a virtual thread. Thread-safe. */
public final class WebServer implements AutoCloseable {
    private static final int REQUEST_HEADER_BYTES = 16 << 10;
    /** A request of each host is held while there is no work for it, so there are many more than that is asked for at a time; a thread that waits costs some kilobytes. */
    private static final int REQUESTS_AT_ONCE = 20_000;

    /** Longer than anybody holds a request for news. */
    private static final Duration IDLE = Duration.ofSeconds(75);
    /** Bytes a second, below which somebody only wants to keep a thread busy. */
    private static final long MIN_REQUEST_RATE = 100;
    /** Ten seconds: who is not done then hangs. */
    private static final int LOOKS_AT_END = 1_000;

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

    private final Server server;
    private final ServerConnector connector;
    private final Entry entry;

    /**
     * How connections are secured.
     *
     * @param people shows the server's certificate, and asks for none
     * @param machines asks for one, and believes only those that it is to believe
     * @param machineName the server name (SNI) under which the second is meant
     */
    public record Tls(SSLContext people, SSLContext machines, String machineName) {}

    private WebServer(Server server, ServerConnector connector, Entry entry) {
        this.server = server;
        this.connector = connector;
        this.entry = entry;
    }

    /**
     * Listens.
     *
     * @param address port 0 for any that is free
     * @throws HoldfastException {@code REFUSED} where the address is taken or cannot be had
     */
    public static WebServer start(
            InetSocketAddress address, Tls tls, Handler handler, RequestListener listener, MonotonicClock clock) {
        Server server = new Server(new VirtualThreadPool(REQUESTS_AT_ONCE));
        HttpConfiguration configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setRequestHeaderSize(REQUEST_HEADER_BYTES);
        // A name may have a slash; the router decodes segment by segment.
        configuration.setUriCompliance(
                UriCompliance.DEFAULT.with("slashes", UriCompliance.Violation.AMBIGUOUS_PATH_SEPARATOR));
        // Who came by an address instead of a name is welcome: the certificate has been judged by the client.
        configuration.addCustomizer(new SecureRequestCustomizer(false));
        HttpConnectionFactory http = new HttpConnectionFactory(configuration);
        SslConnectionFactory people = new SslConnectionFactory(context(tls.people(), false), http.getProtocol());
        SslConnectionFactory machines =
                new MachineTls(context(tls.machines(), true), http.getProtocol(), tls.machineName());
        DetectorConnectionFactory first = new DetectorConnectionFactory(machines, people);
        // Room for the longest first message of a client, whose name decides.
        first.setInputBufferSize(20 << 10);
        ServerConnector connector = new ServerConnector(server, first, machines, people, http);
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        connector.setIdleTimeout(IDLE.toMillis());
        connector.setAcceptQueueSize(1_024);
        server.addConnector(connector);
        Entry entry = new Entry(handler, listener, clock);
        server.setHandler(new GracefulHandler(new MinimumDataRateHandler(entry, MIN_REQUEST_RATE, 0)));
        server.setErrorHandler((request, response, callback) -> {
            // Only what Jetty itself refuses comes here; everything else is answered by Entry.
            response.getHeaders().put("Content-Type", "application/problem+json");
            HttpProblem problem = new HttpProblem(
                    Math.max(response.getStatus(), 400), "bad-request", "the request cannot be read", null);
            org.eclipse.jetty.io.Content.Sink.write(response, true, Json.text(problem.body()), callback);
            return true;
        });
        try {
            server.start();
        } catch (Exception e) {
            stop(server);
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "cannot listen on " + address.getHostString() + ":" + address.getPort() + ": " + e.getMessage(),
                    "Name a free address of this machine with --listen.",
                    e);
        }
        return new WebServer(server, connector, entry);
    }

    private static SslContextFactory.Server context(SSLContext context, boolean asksForCertificate) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(context);
        factory.setNeedClientAuth(asksForCertificate);
        factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        factory.setSniRequired(false);
        return factory;
    }

    /** The port that it listens on. */
    public int port() {
        return connector.getLocalPort();
    }

    /** Takes no new requests, lets those that run end, and closes. */
    public void drain(Duration patience) {
        server.setStopTimeout(patience.toMillis());
        stop(server);
        entry.awaitEnd();
    }

    /** Breaks connections off. What runs for them has ended afterwards, so that what it uses can be closed. */
    @Override
    public void close() {
        server.setStopTimeout(0);
        stop(server);
        entry.awaitEnd();
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            // What could not be stopped in order is stopped all the same.
        }
    }

    /** Where Jetty's world ends. */
    private static final class Entry extends org.eclipse.jetty.server.Handler.Abstract {
        private final Handler handler;
        private final RequestListener listener;
        private final MonotonicClock clock;
        private final AtomicInteger running = new AtomicInteger();

        Entry(Handler handler, RequestListener listener, MonotonicClock clock) {
            this.handler = handler;
            this.listener = listener;
            this.clock = clock;
        }

        /** Waits for requests whose connections are broken off: they find that out, or are told that the server stops. */
        void awaitEnd() {
            try {
                for (int look = 0; running.get() > 0 && look < LOOKS_AT_END; look++) {
                    clock.sleep(BETWEEN_LOOKS);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            running.incrementAndGet();
            try {
                return answer(request, response, callback);
            } finally {
                running.decrementAndGet();
            }
        }

        private boolean answer(Request request, Response response, Callback callback) {
            long began = clock.nanoTime();
            Exchange exchange = new Exchange(request, response);
            // What a handler does not say otherwise, it means.
            response.setStatus(204);
            Throwable unexpected = null;
            try {
                handler.handle(exchange);
                callback.succeeded();
            } catch (IOException e) {
                callback.failed(e);
            } catch (RuntimeException | Error e) {
                HttpProblem problem = Exchange.problemOf(e);
                unexpected = problem.status() == 500 ? e : null;
                answer(exchange, problem, callback, e);
            }
            listener.answered(
                    exchange.method(),
                    exchange.pattern(),
                    exchange.status(),
                    Duration.ofNanos(clock.nanoTime() - began),
                    unexpected);
            return true;
        }

        private static void answer(
                Exchange exchange, HttpProblem problem, Callback callback, @Nullable Throwable cause) {
            if (exchange.isCommitted()) {
                // The client learns of it by an answer that does not end in order.
                callback.failed(cause);
                return;
            }
            try {
                exchange.answerProblem(problem);
                callback.succeeded();
            } catch (IOException e) {
                callback.failed(e);
            }
        }
    }
}
