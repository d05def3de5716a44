package io.holdfast.protocol;

import io.holdfast.repository.ChunkId;
import io.holdfast.storage.Bandwidth;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.BitSet;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** A media server over HTTPS: HTTP/1.1, as many connections as calls are under way. Thread-safe. */
public final class HttpMediaCalls implements MediaCalls, AutoCloseable {
    /** How a media server says {@link NotYet}. */
    public static final String NOT_YET = "not-yet";

    private static final String BYTES = "application/octet-stream";

    private final MediaLine line;

    /** One server, without limits. See {@link #HttpMediaCalls(MediaLine)}. */
    public HttpMediaCalls(InetSocketAddress server, SSLContext tls, SSLParameters parameters) {
        this(new MediaLine(List.of(server), tls, parameters, () -> Bandwidth.UNLIMITED));
    }

    /** Owns the line, and closes it. */
    public HttpMediaCalls(MediaLine line) {
        this.line = line;
    }

    @Override
    public SessionAnswer begin(SessionRequest request) {
        return line.json("/media/v1/sessions", request, SessionAnswer.class);
    }

    @Override
    public BitSet known(String session, List<ChunkName> chunks) {
        HttpRequest request = line.post("/media/v1/sessions/" + session + "/known", BYTES)
                .POST(BodyPublishers.ofByteArray(ChunkName.encode(chunks)))
                .build();
        return BitSet.valueOf(line.send(request, BodyHandlers.ofByteArray()));
    }

    @Override
    public void frames(String session, byte[] stream, int length) {
        byte[] ignored = line.sendContent(
                line.post("/media/v1/sessions/" + session + "/frames", FrameStream.CONTENT_TYPE),
                "POST",
                () -> new ByteArrayInputStream(stream, 0, length),
                length,
                BodyHandlers.ofByteArray());
    }

    @Override
    public void flush(String session) {
        line.done(line.post("/media/v1/sessions/" + session + "/flush", BYTES)
                .POST(BodyPublishers.noBody())
                .build());
    }

    @Override
    public CommitAnswer commit(String session, CommitRequest request) {
        return line.json("/media/v1/sessions/" + session + "/commit", request, CommitAnswer.class);
    }

    @Override
    public void giveUp(String session) {
        line.done(line.request("/media/v1/sessions/" + session).DELETE().build());
    }

    @Override
    public ReadAnswer beginRead(ReadRequest request) {
        return line.json("/media/v1/reads", request, ReadAnswer.class);
    }

    @Override
    public InputStream chunks(String read, List<ChunkId> chunks) {
        InputStream answer = line.send(
                line.post("/media/v1/reads/" + read + "/chunks", BYTES)
                        .POST(BodyPublishers.ofByteArray(ChunkIds.encode(chunks)))
                        .build(),
                BodyHandlers.ofInputStream());
        return line.paced(answer);
    }

    @Override
    public void endRead(String read) {
        line.done(line.request("/media/v1/reads/" + read).DELETE().build());
    }

    @Override
    public void close() {
        line.close();
    }
}
