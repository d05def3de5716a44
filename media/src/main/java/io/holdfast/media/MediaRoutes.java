package io.holdfast.media;

import io.holdfast.core.HoldfastException;
import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Router;
import io.holdfast.protocol.ChunkIds;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.HttpMediaCalls;
import io.holdfast.protocol.NotYet;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.security.MachineName;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The requests of hosts over HTTP (docs/server.md, section "Data path"). Thread-safe. */
public final class MediaRoutes {
    private static final String BYTES = "application/octet-stream";
    private static final long MOST_NAMES_BYTES = (long) ChunkName.MOST * ChunkName.BYTES;

    private final HostSessions sessions;
    private final HostReads reads;
    private final Optional<Vaults> vaults;
    private final UnaryOperator<Handler> door;

    /** Lets in whom it may, and answers for what goes wrong. */
    @FunctionalInterface
    interface Told {
        Handler of(Handler handler);
    }

    /**
     * @param vaults absent where there are none
     * @param door lets in hosts that are known, and refuses all others
     */
    public MediaRoutes(HostSessions sessions, HostReads reads, Optional<Vaults> vaults, UnaryOperator<Handler> door) {
        this.vaults = vaults;
        this.door = door;
        this.sessions = sessions;
        this.reads = reads;
    }

    /** Adds them to a server's. */
    public void addTo(Router router) {
        vaults.ifPresent(each -> VaultRoutes.addTo(router, this::told, each));
        router.add("POST", "/media/v1/sessions", told(this::begin))
                .add("POST", "/media/v1/sessions/{session}/known", told(this::known))
                .add("POST", "/media/v1/sessions/{session}/frames", told(this::frames))
                .add(
                        "POST",
                        "/media/v1/sessions/{session}/flush",
                        told(exchange -> session(exchange).flush()))
                .add("POST", "/media/v1/sessions/{session}/commit", told(this::commit))
                .add(
                        "DELETE",
                        "/media/v1/sessions/{session}",
                        told(exchange -> session(exchange).end()))
                .add("POST", "/media/v1/reads", told(this::beginRead))
                .add("POST", "/media/v1/reads/{read}/chunks", told(this::chunks))
                .add(
                        "DELETE",
                        "/media/v1/reads/{read}",
                        told(exchange -> reads.end(host(exchange), exchange.parameter("read"))));
    }

    private Handler told(Handler handler) {
        return door.apply(answering(handler));
    }

    /** What is not done yet is a problem that passes. */
    static Handler answering(Handler handler) {
        return exchange -> {
            try {
                handler.handle(exchange);
            } catch (NotYet e) {
                throw new HttpProblem(503, HttpMediaCalls.NOT_YET, String.valueOf(e.getMessage()), "Ask again.");
            } catch (HoldfastException e) {
                throw problem(e);
            }
        };
    }

    /** What a host sends that is damaged is its fault and no defect of the server. */
    private static HttpProblem problem(HoldfastException e) {
        return switch (e.code()) {
            case DAMAGED ->
                new HttpProblem(
                        422, "damaged", String.valueOf(e.getMessage()), e.hint().orElse(null));
            default -> HttpProblem.of(e);
        };
    }

    /** The id of the host that asks. */
    static String host(Exchange exchange) {
        return exchange.certificate()
                .flatMap(MachineName::of)
                .filter(name -> name.role() == MachineName.Role.HOST)
                .map(MachineName::id)
                .orElseThrow(() -> HttpProblem.unauthorized("this is for hosts, which show a certificate"));
    }

    private HostSession session(Exchange exchange) {
        return sessions.find(host(exchange), exchange.parameter("session"));
    }

    private static List<ChunkName> names(Exchange exchange) throws IOException {
        return ChunkName.decode(exchange.body(MOST_NAMES_BYTES).readAllBytes());
    }

    private void begin(Exchange exchange) throws IOException {
        exchange.answerJson(201, sessions.begin(host(exchange), exchange.json(SessionRequest.class)));
    }

    private void known(Exchange exchange) throws IOException {
        HostSession session = session(exchange);
        exchange.answer(200, BYTES, session.known(names(exchange)).toByteArray());
    }

    private void frames(Exchange exchange) throws IOException {
        HostSession session = session(exchange);
        try (InputStream body = exchange.body(FrameStream.MAX_BYTES)) {
            session.frames(body);
        }
    }

    private void commit(Exchange exchange) throws IOException {
        exchange.answerJson(200, session(exchange).commit(exchange.json(CommitRequest.class)));
    }

    private void beginRead(Exchange exchange) throws IOException {
        exchange.answerJson(201, reads.begin(host(exchange), exchange.json(ReadRequest.class)));
    }

    private void chunks(Exchange exchange) throws IOException {
        List<ChunkId> wanted = ChunkIds.decode(exchange.body(MOST_NAMES_BYTES).readAllBytes());
        reads.serve(
                host(exchange),
                exchange.parameter("read"),
                wanted,
                true,
                () -> exchange.answerStream(200, FrameStream.CONTENT_TYPE));
    }
}
