package io.holdfast.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.media.SessionLab.Piece;
import io.holdfast.media.SessionLab.Sender;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.ReadAnswer;
import io.holdfast.protocol.ReadRequest;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What hosts may read (docs/server.md, rule D6). */
@Timeout(60)
class HostReadTest {
    @TempDir
    private Path directory;

    private final MemoryStore store = new MemoryStore();
    private SessionLab lab;
    private Sender host;
    private Piece content;
    private List<Piece> pages;
    private SnapshotId snapshot;

    @BeforeEach
    void start() {
        lab = new SessionLab(store, directory);
        host = lab.begin("host", "job");
        content = host.content("content of a file");
        pages = host.tree(content);
        snapshot = host.backup(content);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private HostRead begin(String name, String job) {
        lab.give(name, job, 1);
        ReadAnswer answer = lab.reads().begin(name, new ReadRequest(job, 1, snapshot.leaf()));
        return lab.reads().find(name, answer.read());
    }

    private static List<FrameRecord> read(HostRead read, ChunkId... ids) throws Exception {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        read.serve(read.named(List.of(ids)), answer);
        FrameStream.Reader reader = new FrameStream.Reader(new ByteArrayInputStream(answer.toByteArray()));
        List<FrameRecord> frames = new ArrayList<>();
        for (Optional<FrameRecord> next = reader.next(); next.isPresent(); next = reader.next()) {
            frames.add(next.get());
        }
        return frames;
    }

    @Test
    void whatAPageRefersToIsGrantedWhenItWasServed() throws Exception {
        HostRead read = begin("host", "restore");
        assertThatThrownBy(() -> read(read, content.id())).hasMessageContaining("not reached");
        Piece root = pages.getLast();
        Piece files = pages.getFirst();
        assertThatThrownBy(() -> read(read, root.id(), files.id())).hasMessageContaining("not reached");
        assertThat(read(read, root.id()).getFirst().chunks().getFirst().kind()).isEqualTo(ChunkKind.TREE_PAGE);
        assertThat(read(read, files.id(), root.id())).hasSize(1);
        assertThat(read(read, content.id()).getFirst().chunks())
                .containsExactly(new FrameRecord.Chunk(ChunkKind.CONTENT, content.id(), content.content().length));
    }

    @Test
    void anotherHostReadsNothingUnlessItsJobSaysSo() throws Exception {
        assertThatThrownBy(() -> begin("other", "restore"))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.NOT_FOUND))
                .hasMessageContaining("no snapshot");
        lab.allowRestore("other", "restore", snapshot);
        HostRead read = begin("other", "restore");
        assertThat(read(read, pages.getLast().id())).hasSize(1);
    }

    @Test
    void whatAnotherHostReadsCannotBeNamed() {
        lab.give("host", "restore", 1);
        ReadAnswer answer = lab.reads().begin("host", new ReadRequest("restore", 1, snapshot.leaf()));
        assertThatThrownBy(() -> lab.reads().find("other", answer.read())).isInstanceOf(HoldfastException.class);
        lab.reads().end("other", answer.read());
        assertThat(lab.reads().find("host", answer.read())).isNotNull();
    }

    @Test
    void whatIsForgottenOrTheJobOfAnotherIsNotRead() {
        lab.repository().snapshots().forget(snapshot);
        assertThatThrownBy(() -> begin("host", "restore")).hasMessageContaining("no snapshot");
        assertThatThrownBy(() -> lab.reads().begin("host", new ReadRequest("restore", 2, snapshot.leaf())))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.FENCED));
    }

    @Test
    void aChunkThatIsLostIsSaidToBe() throws Exception {
        HostRead read = begin("host", "restore");
        read(read, pages.getLast().id());
        read(read, pages.getFirst().id());
        List<ObjectName> packs = new ArrayList<>();
        store.list("packs/data/", object -> packs.add(object.name()));
        packs.forEach(store::delete);
        assertThat(read(read, content.id()).getFirst().isLost()).isTrue();
    }
}
