package io.holdfast.media;

import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.ChunkId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;

/** The sessions of a media server as one host has them, without a network in between. */
public final class HostCalls implements MediaCalls {
    private final HostSessions sessions;
    private final HostReads reads;
    private final String host;

    public HostCalls(HostSessions sessions, HostReads reads, String host) {
        this.sessions = sessions;
        this.reads = reads;
        this.host = host;
    }

    @Override
    public SessionAnswer begin(SessionRequest request) {
        return sessions.begin(host, request);
    }

    @Override
    public BitSet known(String session, List<ChunkName> chunks) {
        return sessions.find(host, session).known(chunks);
    }

    @Override
    public void frames(String session, byte[] stream, int length) {
        try {
            sessions.find(host, session).frames(new ByteArrayInputStream(stream, 0, length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void flush(String session) {
        sessions.find(host, session).flush();
    }

    @Override
    public CommitAnswer commit(String session, CommitRequest request) {
        return sessions.find(host, session).commit(request);
    }

    @Override
    public void giveUp(String session) {
        sessions.find(host, session).end();
    }

    @Override
    public ReadAnswer beginRead(ReadRequest request) {
        return reads.begin(host, request);
    }

    @Override
    public InputStream chunks(String read, List<ChunkId> chunks) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        try {
            reads.serve(host, read, chunks, true, () -> answer);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ByteArrayInputStream(answer.toByteArray());
    }

    @Override
    public void endRead(String read) {
        reads.end(host, read);
    }
}
