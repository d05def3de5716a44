package io.holdfast.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.testkit.ObjectStoreConcurrencyContract;
import io.holdfast.testkit.ObjectStoreContract;
import io.holdfast.testkit.S3Mock;
import io.holdfast.testkit.SeededRandom;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The contract of stores against a second server, by other people than the first, and how the store copes with what that one does its own way. */
@Tag("slow")
final class S3StoreOnS3MockTest {
    private static final int RACERS = 8;
    private static final int ROUNDS = 200;
    private static final String LISTENING = "0A";
    private static final Set<String> LOOPBACK =
            Set.of("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000");

    @Nested
    final class InAPlainBucket extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return TestBuckets.open(S3Mock.shared().endpoint(), TestBuckets.Kind.PLAIN);
        }
    }

    /**
     * Its condition holds one after the other, and not at the same moment: {@code storage validate} finds that out. And where several delete or put
     * one name at once, it answers some of them with 500, after which the program tries again.
     */
    @Nested
    final class ByManyThreads extends ObjectStoreConcurrencyContract {
        @Override
        protected ObjectStore newStore() {
            S3Store store = TestBuckets.open(S3Mock.shared().endpoint(), TestBuckets.Kind.PLAIN);
            return new RetryingStore(
                    store, RetryPolicy.DEFAULT, name -> false, MonotonicClock.system(), new SeededRandom(1));
        }

        @Override
        protected boolean letsOnlyOneWin() {
            return false;
        }
    }

    /** Unlike the other server this one has versions and conditions together, as Amazon has. */
    @Nested
    final class InABucketWithVersions extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return TestBuckets.open(S3Mock.shared().endpoint(), TestBuckets.Kind.VERSIONED);
        }
    }

    @Test
    void findsOutWhatTheServerCan() {
        for (TestBuckets.Kind kind : TestBuckets.Kind.values()) {
            try (S3Store store = TestBuckets.open(S3Mock.shared().endpoint(), kind)) {
                assertThat(store.capabilities())
                        .as("%s", kind)
                        .isEqualTo(new Capabilities(true, true, true, 4, kind == TestBuckets.Kind.LOCKING));
            }
        }
    }

    /** A probe by one client cannot see that; {@code storage validate} does, with a race as this one. */
    @Test
    void takesItForSafeThoughTwoMayWin() throws Exception {
        try (S3Store store = TestBuckets.open(S3Mock.shared().endpoint(), TestBuckets.Kind.PLAIN);
                ExecutorService threads = Executors.newFixedThreadPool(RACERS)) {
            assertThat(store.capabilities().putIfAbsent()).isTrue();
            long winners = 1;
            for (int round = 0; winners == 1 && round < ROUNDS; round++) {
                ObjectName name = ObjectName.of("race/" + round);
                winners = threads
                        .invokeAll(Collections.nCopies(
                                RACERS, () -> store.put(name, List.of(ByteBuffer.allocate(1)), Instant.EPOCH)))
                        .stream()
                        .filter(put -> put.state() == Future.State.SUCCESS && put.resultNow() == PutOutcome.STORED)
                        .count();
            }
            assertThat(winners).isGreaterThan(1);
        }
    }

    /** This server offers Object Lock, takes the dates, and forgets them. */
    @Test
    void saysThatNothingIsLockedWhereTheServerForgetsTheDate() {
        Instant later = WallClock.system().instant().plusSeconds(3600);
        ObjectName name = ObjectName.of("packs/data/5f/5f0c");
        List<ByteBuffer> content = List.of(ByteBuffer.allocate(10));
        try (S3Store store = TestBuckets.open(S3Mock.shared().endpoint(), TestBuckets.Kind.LOCKING)) {
            assertThat(store.put(name, ByteBuffer.allocate(10))).isEqualTo(PutOutcome.STORED);
            for (Runnable locking : List.<Runnable>of(
                    () -> store.lock(name, later), () -> store.put(ObjectName.of("other"), content, later))) {
                assertThatExceptionOfType(HoldfastException.class)
                        .isThrownBy(locking::run)
                        .withMessageContaining("nothing is locked there")
                        .matches(e -> e.code() == ErrorCode.REFUSED);
            }
        }
    }

    /** Versions stay below what is deleted by somebody else: they can be brought back. */
    @Test
    void bringsBackWhatLiesBelowMarkers() {
        String url = TestBuckets.url(S3Mock.shared().endpoint(), TestBuckets.Kind.VERSIONED, "");
        S3Location location = S3Location.parse(url);
        ObjectName name = ObjectName.of("snapshots/1");
        try (S3Store store = S3Store.open(location);
                var client = S3Clients.make(location, Bandwidth.UNLIMITED)) {
            store.put(name, ByteBuffer.wrap(new byte[] {1, 2, 3}));
            var ignored = client.deleteObject(
                    request -> request.bucket(location.bucket()).key(location.prefix() + name.value()));
            assertThat(store.get(name)).isEmpty();
            assertThat(store.undelete()).isEqualTo(1);
            assertThat(store.get(name)).contains(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
    }

    /** It answers everybody, without a password. */
    @Test
    void listensOnLoopbackOnly() throws IOException {
        Set<String> sockets = new HashSet<>();
        try (DirectoryStream<Path> descriptors =
                Files.newDirectoryStream(Path.of("/proc/" + S3Mock.shared().pid() + "/fd"))) {
            for (Path descriptor : descriptors) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith("socket:[")) {
                    sockets.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        }
        List<String> addresses = new ArrayList<>();
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                // sl local_address rem_address st queues timer retransmit uid timeout inode (proc(5))
                String[] fields = line.strip().split("\\s+");
                if (fields[3].equals(LISTENING) && sockets.contains(fields[9])) {
                    addresses.add(fields[1].substring(0, fields[1].indexOf(':')));
                }
            }
        }
        assertThat(addresses).hasSize(2).allMatch(LOOPBACK::contains);
    }
}
