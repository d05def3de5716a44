package io.holdfast.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.media.SessionLab.Piece;
import io.holdfast.media.SessionLab.Sender;
import io.holdfast.protocol.ChunkName;
import io.holdfast.protocol.CommitAnswer;
import io.holdfast.protocol.CommitRequest;
import io.holdfast.protocol.FrameRecord;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Hosts that lie, and what becomes of them (docs/server.md, rules D1 to D5). */
@Timeout(60)
class HostSessionTest {
    @TempDir
    private Path directory;

    private final MemoryStore store = new MemoryStore();
    private SessionLab lab;
    private Sender host;

    @BeforeEach
    void start() {
        lab = new SessionLab(store, directory);
        host = lab.begin("host", "job");
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    private Manifest committed(SnapshotId id) {
        return ((Snapshots.Occupant.Present) lab.repository().snapshots().occupant(id))
                .snapshot()
                .manifest();
    }

    /** It is told what is wrong, its session is over, and somebody else's goes on. */
    private void assertEndsTheSession(ThrowingCallable lie) {
        Sender other = lab.begin("other", "job");
        other.send(other.content("before"));
        assertThatThrownBy(lie).isInstanceOf(HoldfastException.class).satisfies(e -> {
            assertThat(((HoldfastException) e).code()).isIn(ErrorCode.REFUSED, ErrorCode.DAMAGED, ErrorCode.USAGE);
            assertThat(e.getMessage()).isNotBlank();
        });
        assertThatThrownBy(() -> host.send(host.content("more"))).satisfies(HostSessionTest::isOver);
        SnapshotId id = other.backup(other.content("after"));
        assertThat(lab.repository().snapshots().isLive(id)).isTrue();
        assertThat(lab.repository().snapshots().live()).hasSize(1);
    }

    private static void isOver(Throwable e) {
        assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void aBackupSaysOfWhomItIsByTheJob() {
        SnapshotId id = host.backup(host.content("hello"));
        Manifest manifest = committed(id);
        assertThat(manifest.host()).isEqualTo("name of host");
        assertThat(manifest.paths()).isEqualTo(SessionLab.SOURCE);
        assertThat(manifest.tags()).containsExactly("tag");
        assertThat(manifest.statistics().addedBytes()).isBetween(5L, 1_000L);
        assertThat(manifest.parent()).isEmpty();
        Sender next = lab.begin("host", "next");
        assertThat(next.answer().parent().orElseThrow().id()).isEqualTo(id.leaf());
        assertThat(committed(next.backup(next.content("hello"))).parent()).contains(id);
    }

    /** An agent that does not know vaults asks for a session, and would send what it saves in clear. */
    @Test
    void aJobWhoseHostEncryptsItselfGetsNoSession() {
        lab.seal("secret");
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> lab.begin("host", "secret"))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.REFUSED))
                .withMessageContaining("encrypts itself");
        assertThat(lab.begin("host", "open").session().isOpen()).isTrue();
    }

    @Test
    void aChunkWithAnotherContentIsRefused() {
        Piece right = host.content("right");
        Piece wrong = new Piece(ChunkKind.CONTENT, right.id(), "wrong".getBytes(StandardCharsets.UTF_8));
        assertEndsTheSession(() -> host.send(wrong));
        assertThat(lab.begin("host", "again").session().known(List.of(new ChunkName(ChunkKind.CONTENT, right.id()))))
                .matches(known -> known.isEmpty());
    }

    @Test
    void lengthsAndCountsThatAreNotThoseOfTheFrameAreRefused() {
        FrameRecord frame = SessionLab.frame(host.content("one"), host.content("two"));
        FrameRecord.Chunk first = frame.chunks().getFirst();
        FrameRecord fewer = new FrameRecord(List.of(first), List.of(), frame.encoded());
        assertEndsTheSession(() -> host.sendRaw(SessionLab.stream(fewer)));
        host = lab.begin("host", "second");
        FrameRecord longer = new FrameRecord(
                List.of(
                        new FrameRecord.Chunk(first.kind(), first.id(), 4),
                        new FrameRecord.Chunk(
                                first.kind(), frame.chunks().get(1).id(), 2)),
                List.of(),
                frame.encoded());
        assertThatThrownBy(() -> host.sendRaw(SessionLab.stream(longer))).hasMessageContaining("announced");
    }

    @Test
    void streamsThatAreCutOrNoneAreRefused() {
        byte[] stream = SessionLab.stream(SessionLab.frame(host.content("one")));
        assertEndsTheSession(() -> host.sendRaw(Arrays.copyOf(stream, stream.length - 5)));
        host = lab.begin("host", "second");
        assertEndsTheSessionOnce(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        host = lab.begin("host", "third");
        byte[] huge = stream.clone();
        huge[4] = 0x7f;
        assertEndsTheSessionOnce(huge);
        host = lab.begin("host", "fourth");
        byte[] spoilt = stream.clone();
        spoilt[stream.length - 6] ^= 1;
        assertEndsTheSessionOnce(spoilt);
        host = lab.begin("host", "fifth");
        byte[] delta = stream.clone();
        delta[4 + 4 + 1 + 2 + 37 + 1] = 2;
        assertEndsTheSessionOnce(delta);
        host = lab.begin("host", "sixth");
        assertEndsTheSessionOnce(
                SessionLab.stream(FrameRecord.lost(new ChunkName(ChunkKind.CONTENT, new ChunkId(1, 2, 3, 4)))));
    }

    private void assertEndsTheSessionOnce(byte[] stream) {
        assertThatThrownBy(() -> host.sendRaw(stream)).isInstanceOf(HoldfastException.class);
        assertThatThrownBy(() -> host.send(host.content("more"))).satisfies(HostSessionTest::isOver);
    }

    @Test
    void aPageThatRefersToWhatAnotherHostHasIsRefused() {
        Sender other = lab.begin("other", "theirs");
        Piece secret = other.content("their secret");
        SnapshotId theirs = other.backup(secret);
        assertThat(host.session().known(List.of(new ChunkName(ChunkKind.CONTENT, secret.id()))))
                .as("nobody is told that it is there")
                .matches(known -> known.isEmpty());
        List<Piece> pages = host.tree(secret);
        assertEndsTheSessionOf(() -> host.send(pages.toArray(new Piece[0])), "which this host has not sent");
        // The page of the root of another host, as a page and as the root of a snapshot.
        host = lab.begin("host", "second");
        Piece root = new Piece(
                ChunkKind.TREE_PAGE,
                committed(theirs).root().orElseThrow().id(),
                new byte[committed(theirs).root().orElseThrow().lengthBytes()]);
        assertEndsTheSessionOf(() -> host.commit(root), "has not sent");
        assertThat(lab.repository().snapshots().live()).hasSize(1);
    }

    private void assertEndsTheSessionOf(ThrowingCallable lie, String message) {
        assertThatThrownBy(lie).hasMessageContaining(message);
        assertThatThrownBy(() -> host.send(host.content("more"))).satisfies(HostSessionTest::isOver);
    }

    @Test
    void whatAnotherHostHasIsTakenAllTheSame() {
        Sender other = lab.begin("other", "theirs");
        SnapshotId theirs = other.backup(other.content("the same"));
        SnapshotId ours = host.backup(host.content("the same"));
        assertThat(committed(ours).root()).isEqualTo(committed(theirs).root());
        assertThat(committed(ours).statistics().addedBytes())
                .as("answers do not depend on others")
                .isEqualTo(committed(theirs).statistics().addedBytes());
        assertThat(committed(ours).statistics().storedBytes())
                .isEqualTo(committed(theirs).statistics().storedBytes());
    }

    @Test
    void contentThatLooksLikeAPageGrantsNothing() {
        Sender other = lab.begin("other", "theirs");
        Piece secret = other.content("their secret");
        other.backup(secret);
        List<Piece> pages = host.tree(secret);
        // The page of a directory, sent as content: it is no page by that.
        Piece page = pages.getFirst();
        host.send(new Piece(ChunkKind.CONTENT, page.id(), page.content()));
        Piece root = pages.getLast();
        assertEndsTheSessionOf(() -> host.send(root), "which this host has not sent");
    }

    @Test
    void aPageThatIsNoneIsRefused() {
        Piece none = host.piece(ChunkKind.TREE_PAGE, "no page".getBytes(StandardCharsets.UTF_8));
        assertEndsTheSession(() -> host.send(none));
        host = lab.begin("host", "second");
        Piece list = host.piece(ChunkKind.CHUNK_LIST, new byte[] {0, 1, 2});
        assertThatThrownBy(() -> host.send(list)).isInstanceOf(HoldfastException.class);
    }

    @Test
    void whatItsOwnSnapshotReachesNeedNotBeSent() {
        Piece kept = host.content("kept");
        SnapshotId before = host.backup(kept, host.content("gone"));
        Sender next = lab.begin("host", "next");
        assertThat(next.answer().asks()).isTrue();
        assertThat(next.session()
                        .known(List.of(
                                new ChunkName(ChunkKind.CONTENT, kept.id()),
                                new ChunkName(ChunkKind.TREE_PAGE, kept.id()),
                                new ChunkName(
                                        ChunkKind.CONTENT, next.content("new").id()),
                                new ChunkName(
                                        ChunkKind.TREE_PAGE,
                                        committed(before).root().orElseThrow().id())))
                        .toLongArray())
                .containsExactly(0b1001);
        List<Piece> pages = next.tree(kept);
        next.send(pages.toArray(new Piece[0]));
        SnapshotId id = next.commit(pages.getLast());
        assertThat(lab.repository().snapshots().isLive(id)).isTrue();
    }

    @Test
    void aPageIsOfUseOnlyWhereAllIsThatItReaches() {
        Piece kept = host.content("kept");
        SnapshotId before = host.backup(kept);
        List<ObjectName> packs = new ArrayList<>();
        store.list("packs/data/", object -> packs.add(object.name()));
        packs.forEach(store::delete);
        Sender next = lab.begin("host", "next");
        Piece root = new Piece(
                ChunkKind.TREE_PAGE,
                committed(before).root().orElseThrow().id(),
                new byte[committed(before).root().orElseThrow().lengthBytes()]);
        assertThat(next.session()
                        .known(List.of(
                                new ChunkName(ChunkKind.TREE_PAGE, root.id()),
                                new ChunkName(ChunkKind.CONTENT, kept.id()))))
                .matches(known -> known.isEmpty());
        assertThatThrownBy(() -> next.commit(root)).hasMessageContaining("has not sent");
        Sender again = lab.begin("host", "next");
        SnapshotId healed = again.backup(kept);
        assertThat(lab.repository().newChunkReader().read(kept.id())).isEqualTo(kept.content());
        assertThat(committed(healed).root()).isEqualTo(committed(before).root());
    }

    @Test
    void whatWasForgottenIsGrantedNoMore() {
        Piece kept = host.content("kept");
        SnapshotId before = host.backup(kept);
        lab.repository().snapshots().forget(before);
        Sender next = lab.begin("host", "next");
        assertThat(next.answer().parent()).isEmpty();
        assertThat(next.answer().asks()).isFalse();
        List<Piece> pages = next.tree(kept);
        assertThatThrownBy(() -> next.send(pages.toArray(new Piece[0]))).hasMessageContaining("has not sent");
    }

    @Test
    void aJobThatIsAnothersByNowCommitsNothing() {
        host.send(host.content("x"));
        List<Piece> pages = host.tree(host.content("x"));
        host.send(pages.toArray(new Piece[0]));
        lab.give("host", "job", 2);
        assertThatThrownBy(() -> host.commit(pages.getLast()))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.FENCED));
        assertThat(lab.repository().snapshots().live()).isEmpty();
    }

    @Test
    void whoComesBackGoesOnWithWhatWasSentAndWhoIsLateIsTold() {
        Piece first = host.content("first");
        host.send(first);
        lab.give("host", "job", 2);
        Sender again = lab.begin("host", "job", 2);
        assertThat(again.answer().asks()).isTrue();
        assertThatThrownBy(() -> host.send(host.content("late"))).satisfies(HostSessionTest::isOver);
        assertThatThrownBy(() -> lab.begin("host", "job", 1))
                .satisfies(e -> assertThat(((HoldfastException) e).code()).isEqualTo(ErrorCode.FENCED));
        List<Piece> pages = again.tree(first);
        again.send(pages.toArray(new Piece[0]));
        assertThat(lab.repository().snapshots().isLive(again.commit(pages.getLast())))
                .isTrue();
    }

    @Test
    void anotherHostCannotNameTheSession() {
        assertThatThrownBy(() -> lab.sessions().find("other", host.answer().session()))
                .satisfies(HostSessionTest::isOver);
    }

    @Test
    void whoAsksTwiceForTheCommitGetsOneSnapshot() {
        host.send(host.content("x"));
        List<Piece> pages = host.tree(host.content("x"));
        host.send(pages.toArray(new Piece[0]));
        host.session().flush();
        CommitRequest request = CommitRequest.of(SessionLab.manifest(pages.getLast()));
        CommitAnswer one = host.session().commit(request);
        assertThat(host.session().commit(request)).isEqualTo(one);
        assertThat(lab.repository().snapshots().live()).hasSize(1);
    }

    @Test
    void whatIsDurableIsKnownToTheJobWhenTheMediaServerHasDied() {
        Piece durable = host.content("durable");
        host.send(durable);
        List<Piece> pages = host.tree(durable);
        host.send(pages.toArray(new Piece[0]));
        host.session().flush();
        Piece lost = host.content("lost");
        host.send(lost);
        lab.die();
        Sender again = lab.begin("host", "job");
        assertThat(again.session()
                        .known(List.of(
                                new ChunkName(ChunkKind.CONTENT, durable.id()),
                                new ChunkName(ChunkKind.CONTENT, lost.id()),
                                new ChunkName(
                                        ChunkKind.TREE_PAGE, pages.getFirst().id())))
                        .toLongArray())
                .containsExactly(0b01);
        // Another job has sent nothing.
        Sender other = lab.begin("host", "other");
        assertThat(other.answer().asks()).isFalse();
        SnapshotId id = again.backup(durable, lost);
        assertThat(lab.repository().snapshots().isLive(id)).isTrue();
    }

    @Test
    void whatWasSentIsWhatIsRead() {
        byte[] content = "content of a file".getBytes(StandardCharsets.UTF_8);
        Piece piece = host.piece(ChunkKind.CONTENT, content);
        host.backup(piece);
        assertThat(lab.repository().newChunkReader().read(piece.id())).isEqualTo(content);
    }
}
