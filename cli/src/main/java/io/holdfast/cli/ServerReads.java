package io.holdfast.cli;

import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.ChunkIds;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.protocol.api.SnapshotApi.ReadWish;
import io.holdfast.repository.ChunkId;
import java.io.InputStream;
import java.util.BitSet;
import java.util.List;

/** Reads snapshots in the name of whoever is logged in to a server. Backups are made by hosts. */
record ServerReads(HttpCaller server) implements MediaCalls {
    @Override
    public ReadAnswer beginRead(ReadRequest request) {
        return server.send("POST", "/api/v1/reads", new ReadWish(request.snapshot()), ReadAnswer.class);
    }

    @Override
    public InputStream chunks(String read, List<ChunkId> chunks) {
        return server.exchange(
                "/api/v1/reads/" + ServerAccess.segment(read) + "/chunks",
                ChunkIds.encode(chunks),
                FrameStream.CONTENT_TYPE);
    }

    @Override
    public void endRead(String read) {
        server.tell("DELETE", "/api/v1/reads/" + ServerAccess.segment(read));
    }

    @Override
    public SessionAnswer begin(SessionRequest request) {
        throw onlyReads();
    }

    @Override
    public BitSet known(String session, List<ChunkName> chunks) {
        throw onlyReads();
    }

    @Override
    public void frames(String session, byte[] stream, int length) {
        throw onlyReads();
    }

    @Override
    public void flush(String session) {
        throw onlyReads();
    }

    @Override
    public CommitAnswer commit(String session, CommitRequest request) {
        throw onlyReads();
    }

    @Override
    public void giveUp(String session) {
        throw onlyReads();
    }

    private static UnsupportedOperationException onlyReads() {
        return new UnsupportedOperationException("people read, and hosts save");
    }
}
