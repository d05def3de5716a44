package io.holdfast.storage.s3;

import static io.holdfast.testkit.Failures.codeOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ByteSize;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.RetryPolicy;
import io.holdfast.storage.RetryingStore;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import io.holdfast.testkit.ArchiveContract;
import io.holdfast.testkit.FakeS3;
import io.holdfast.testkit.FakeS3.Fault;
import io.holdfast.testkit.FakeS3.Request;
import io.holdfast.testkit.ManualClock;
import io.holdfast.testkit.ObjectStoreContract;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What goes over the wire, and what happens when it goes wrong. */
@Timeout(120)
final class S3StoreOnFakeTest {
    private static final ObjectName NAME = ObjectName.of("index/5f0c");

    private final FakeS3 server = new FakeS3();

    @AfterEach
    void stop() {
        server.close();
    }

    private S3Store open(String options) {
        TestBuckets.useCredentials();
        return S3Store.open(S3Location.parse("s3://bucket/prefix?endpoint=" + server.endpoint() + options));
    }

    @Nested
    final class Contract extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return open("");
        }
    }

    @Nested
    final class ContractOnALimitedLine extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return open(ByteSize.ofKiB(64), ByteSize.ofKiB(64), new ManualClock());
        }
    }

    private S3Store open(ByteSize upload, ByteSize download, MonotonicClock clock) {
        TestBuckets.useCredentials();
        return S3Store.open(
                S3Location.parse("s3://bucket/prefix?endpoint=" + server.endpoint()),
                Bandwidth.of(upload, download, clock));
    }

    /** A server gives up who reads nothing of its answer for long. */
    @Test
    void downloadsShareTheLine() throws Exception {
        ByteBuffer content = ByteBuffer.wrap(new SeededRandom(4).bytes(1 << 20));
        try (S3Store store = open(new ByteSize(0), ByteSize.ofKiB(1024), MonotonicClock.system());
                ExecutorService threads = Executors.newFixedThreadPool(2)) {
            store.put(NAME, content.duplicate());
            Callable<Long> reading = () -> {
                assertThat(store.get(NAME)).hasValue(content);
                return System.nanoTime();
            };
            long begin = System.nanoTime();
            List<Long> ends = new ArrayList<>();
            for (Future<Long> each : threads.invokeAll(List.of(reading, reading))) {
                ends.add(each.get() - begin);
            }
            assertThat((double) Collections.min(ends)).isGreaterThan(0.7 * Collections.max(ends));
        }
    }

    /** Of eight seconds: the last piece is not waited for, a tenth of a second of idle time is saved up, and each wait is rounded to nanoseconds. */
    private static final Duration AT_LEAST = Duration.ofMillis(8_000 - 125 - 100 - 1);

    /** In pieces: nobody notices that an object of minutes is on the way. What is read to sign it takes nothing of the line. */
    @Test
    void keepsToItsBandwidthWithinAnObject() {
        List<Duration> waits = Collections.synchronizedList(new ArrayList<>());
        ManualClock line = new ManualClock();
        MonotonicClock clock = new MonotonicClock() {
            @Override
            public long nanoTime() {
                return line.nanoTime();
            }

            @Override
            public void sleep(Duration duration) throws InterruptedException {
                waits.add(duration);
                line.sleep(duration);
            }
        };
        ByteBuffer megabyte = ByteBuffer.wrap(new SeededRandom(3).bytes(1 << 20));
        try (S3Store store = open(ByteSize.ofKiB(128), new ByteSize(0), clock)) {
            assertThat(store.capabilities().parallelPuts()).isEqualTo(1);
            store.put(NAME, megabyte.duplicate());
            assertThat(line.elapsed()).isBetween(AT_LEAST, Duration.ofMillis(8_200));
            assertThat(store.get(NAME)).hasValue(megabyte);
            assertThat(line.elapsed()).isLessThan(Duration.ofMillis(8_200));
        }
        Duration sent = line.elapsed();
        try (S3Store store = open(new ByteSize(0), ByteSize.ofKiB(128), clock)) {
            assertThat(store.get(NAME)).hasValue(megabyte);
            assertThat(line.elapsed().minus(sent)).isBetween(AT_LEAST, Duration.ofMillis(8_200));
        }
        assertThat(waits)
                .hasSizeGreaterThan(100)
                .allSatisfy(wait -> assertThat(wait).isLessThan(Duration.ofMillis(200)));
    }

    @Nested
    final class ContractWithRetries extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            SeededRandom random = new SeededRandom(7);
            ObjectStore store = retrying(open(""));
            assertThat(store.capabilities().putIfAbsent()).isTrue();
            int[] row = {0};
            server.setFaults(request -> {
                row[0] = row[0] < 3 && random.oneIn(4) ? row[0] + 1 : 0;
                // A delete whose answer is lost does not know afterwards whether there was anything.
                List<Fault> likely = request.method().equals("DELETE") ? UNDONE : PASSING;
                return row[0] == 0 ? Optional.empty() : Optional.of(random.pick(likely));
            });
            return store;
        }
    }

    private static final List<Fault> UNDONE = List.of(new Fault.Cut(), new Fault.Answer(503, "SlowDown"));

    private static final List<Fault> PASSING = List.of(
            new Fault.Cut(),
            new Fault.LostAnswer(),
            new Fault.HalfBody(),
            new Fault.Answer(503, "SlowDown"),
            new Fault.Answer(500, "InternalError"),
            new Fault.Answer(409, "ConditionalRequestConflict"),
            new Fault.DoneAnswer(500, "InternalError"));

    /** Some calls are several requests, each of which may fail: patience is not what is tried here. */
    private static final RetryPolicy FORGIVING = new RetryPolicy(100, Duration.ofMillis(500), Duration.ofSeconds(20));

    private static ObjectStore retrying(ObjectStore store) {
        return new RetryingStore(store, FORGIVING, name -> false, new ManualClock(), new SeededRandom(1));
    }

    @Test
    void signsWhatItSendsAndAsksForPutIfAbsent() {
        try (S3Store store = open("")) {
            store.put(NAME, new SeededRandom(1).buffers(new SeededRandom(2).bytes(300_000)));
            Request put = server.requests().getLast();
            assertThat(put.method()).isEqualTo("PUT");
            assertThat(put.key()).isEqualTo("prefix/" + NAME);
            assertThat(put.header("x-amz-content-sha256").orElseThrow()).matches("[0-9a-f]{64}");
            assertThat(put.header("if-none-match")).contains("*");
            assertThat(put.headers().keySet()).noneMatch(name -> name.contains("trailer"));
            assertThat(put.header("content-encoding")).isEmpty();
        }
    }

    @Test
    void choosesClassAndEncryptionByKindOfObject() {
        try (S3Store store = open("&storage-class=GLACIER&metadata-class=STANDARD_IA&sse=kms:key-1")) {
            store.put(ObjectName.of("packs/data/00/1"), ByteBuffer.allocate(1));
            Request data = server.requests().getLast();
            store.put(ObjectName.of("packs/meta/00/1"), ByteBuffer.allocate(1));
            Request meta = server.requests().getLast();
            assertThat(data.header("x-amz-storage-class")).contains("GLACIER");
            assertThat(meta.header("x-amz-storage-class")).contains("STANDARD_IA");
            assertThat(meta.header("x-amz-server-side-encryption")).contains("aws:kms");
            assertThat(meta.header("x-amz-server-side-encryption-aws-kms-key-id"))
                    .contains("key-1");
        }
        try (S3Store store = open("&sse=s3")) {
            store.put(NAME, ByteBuffer.allocate(1));
            assertThat(server.requests().getLast().header("x-amz-server-side-encryption"))
                    .contains("AES256");
        }
    }

    @Test
    void putsLargeObjectsInPartsAndLeavesNoneBehind() {
        byte[] large = new SeededRandom(3).bytes((100 << 20) + 7);
        try (S3Store store = open("")) {
            assertThat(store.put(NAME, new SeededRandom(4).buffers(large))).isEqualTo(PutOutcome.STORED);
            assertThat(store.get(NAME)).contains(ByteBuffer.wrap(large));
            assertThat(store.put(NAME, ByteBuffer.wrap(large))).isEqualTo(PutOutcome.ALREADY_THERE);
            assertThat(server.openUploads()).isZero();
            server.setFaults(request -> request.query().containsKey("partNumber")
                            && request.query().get("partNumber").equals("2")
                    ? Optional.of(new Fault.Answer(500, "InternalError"))
                    : Optional.empty());
            assertThat(codeOf(() -> store.put(ObjectName.of("index/other"), ByteBuffer.wrap(large))))
                    .isEqualTo(ErrorCode.STORE_UNREACHABLE);
            assertThat(server.openUploads()).isZero();
        }
    }

    @Test
    void saysWhatFailedWhereAndWhatToDo() {
        record Case(Fault fault, ErrorCode code, boolean mayPass, String text) {}
        List<Case> cases = List.of(
                new Case(new Fault.Answer(403, "AccessDenied"), ErrorCode.STORE_UNREACHABLE, false, "allow s3:"),
                new Case(
                        new Fault.Answer(403, "InvalidAccessKeyId"),
                        ErrorCode.STORE_UNREACHABLE,
                        false,
                        "AWS_ACCESS_KEY_ID"),
                new Case(new Fault.Answer(400, "ExpiredToken"), ErrorCode.STORE_UNREACHABLE, false, "expired"),
                new Case(new Fault.Answer(403, "RequestTimeTooSkewed"), ErrorCode.STORE_UNREACHABLE, false, "clock"),
                new Case(new Fault.Answer(404, "NoSuchBucket"), ErrorCode.NO_REPOSITORY, false, "bucket"),
                new Case(new Fault.Answer(503, "SlowDown"), ErrorCode.STORE_UNREACHABLE, true, "busy"),
                new Case(new Fault.Answer(400, "BadDigest"), ErrorCode.STORE_UNREACHABLE, true, "changed"),
                new Case(new Fault.Answer(403, "InvalidObjectState"), ErrorCode.REFUSED, false, "--thaw"),
                new Case(new Fault.Answer(507, "InsufficientStorage"), ErrorCode.NO_SPACE, false, "quota"),
                new Case(new Fault.Cut(), ErrorCode.STORE_UNREACHABLE, true, "network"),
                new Case(new Fault.HalfBody(), ErrorCode.STORE_UNREACHABLE, true, "network"));
        try (S3Store store = open("")) {
            store.put(NAME, ByteBuffer.allocate(1_000));
            for (Case each : cases) {
                server.setFaults(request -> Optional.of(each.fault()));
                HoldfastException failure = failure(() -> store.get(NAME));
                assertThat(failure.code()).as("%s", each).isEqualTo(each.code());
                assertThat(store.mayPass(failure)).as("%s", each).isEqualTo(each.mayPass());
                assertThat(failure.getMessage()).as("%s", each).contains("s3://bucket/prefix", NAME.value());
                assertThat(failure.hint().orElse("")).as("%s", each).contains(each.text());
            }
        }
    }

    @Test
    void saysWhichClassTheServerDoesNotTake() {
        record Case(ObjectName name, String storageClass, String hint) {}
        List<Case> cases =
                List.of(new Case(PACK, "WARM", "backup --data-class"), new Case(NAME, "LUKEWARM", "metadata-class="));
        try (S3Store store = open("&storage-class=WARM&metadata-class=LUKEWARM")) {
            assertThat(store.capabilities().putIfAbsent()).isTrue();
            for (Case each : cases) {
                for (Fault.Answer answer : List.of(
                        new Fault.Answer(400, "InvalidStorageClass"),
                        new Fault.Answer(400, "InvalidArgument"),
                        new Fault.Answer(501, "NotImplemented"))) {
                    server.setFaults(
                            request -> request.method().equals("PUT") ? Optional.of(answer) : Optional.<Fault>empty());
                    HoldfastException failure = failure(() -> store.put(each.name(), ByteBuffer.allocate(1)));
                    assertThat(failure.code()).isEqualTo(ErrorCode.REFUSED);
                    assertThat(store.mayPass(failure)).isFalse();
                    assertThat(failure)
                            .hasMessageContaining("s3://bucket/prefix")
                            .hasMessageContaining(each.name().value())
                            .hasMessageContaining("does not take the storage class " + each.storageClass())
                            .hasMessageContaining(answer.code());
                    assertThat(failure.hint().orElseThrow()).contains(each.hint());
                }
            }
        }
    }

    @Test
    void hasACureForEveryAnswer() {
        try (S3Store store = open("")) {
            store.put(NAME, ByteBuffer.allocate(1));
            for (int status : List.of(400, 405, 411, 413, 418)) {
                server.setFaults(request -> Optional.of(new Fault.Answer(status, "Whatever")));
                HoldfastException failure = failure(() -> store.get(NAME));
                assertThat(failure.code()).isEqualTo(ErrorCode.FAILED);
                assertThat(failure).hasMessageContaining("Whatever (HTTP " + status + ")");
                assertThat(failure.hint()).isPresent();
            }
        }
    }

    private static HoldfastException failure(Runnable call) {
        try {
            call.run();
        } catch (HoldfastException e) {
            return e;
        }
        throw new AssertionError("nothing failed");
    }

    /** Whatever a put was answered, the name has what one of them sent, and each learns whether that was his. */
    @Test
    void tellsTwoRivalsApartWhateverAnswersAreLost() {
        try (S3Store one = open("");
                S3Store two = open("")) {
            SeededRandom.check(200, random -> {
                ObjectName name = ObjectName.of("snapshots/" + Long.toHexString(random.nextLong()));
                byte[] mine = random.bytes(40);
                byte[] theirs = random.bytes(40);
                int faulty = 1 + random.nextInt(3);
                int[] seen = {0};
                Fault fault = random.pick(PASSING);
                server.setFaults(request ->
                        request.method().equals("PUT") && ++seen[0] <= faulty ? Optional.of(fault) : Optional.empty());
                List<PutOutcome> outcomes = new ArrayList<>();
                outcomes.add(retrying(one).put(name, ByteBuffer.wrap(mine)));
                outcomes.add(retrying(two).put(name, ByteBuffer.wrap(theirs)));
                assertThat(outcomes).as("%s", fault).containsExactly(PutOutcome.STORED, PutOutcome.ALREADY_THERE);
                assertThat(one.get(name)).contains(ByteBuffer.wrap(mine));
            });
        }
    }

    @Nested
    final class Archives extends ArchiveContract {
        @Override
        protected ObjectStore newStore() {
            server.setLooksToThaw(64);
            return open("");
        }

        @Override
        protected String archiveClass() {
            return "GLACIER";
        }

        @Override
        protected void letThaw(ThawTier tier) {
            server.finishThaws();
        }

        @Override
        protected void letCopiesExpire() {
            server.expireCopies();
        }
    }

    private static final ObjectName PACK = ObjectName.of("packs/data/5f/5f0c");

    private List<Request> restoreRequests() {
        return server.requests().stream()
                .filter(request -> request.query().containsKey("restore"))
                .toList();
    }

    @Test
    void asksForACopyWithTierAndDays() {
        try (S3Store store = open("&storage-class=GLACIER")) {
            assertThat(store.capabilities().archives()).isTrue();
            store.put(PACK, ByteBuffer.allocate(1));
            HoldfastException refusal = catchThrowableOfType(
                    HoldfastException.class, () -> store.getRange(PACK, 0, ByteBuffer.allocate(1)));
            assertThat(refusal.code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(refusal).hasMessageContaining("InvalidObjectState");
            assertThat(refusal.hint().orElseThrow()).contains("--thaw");
            assertThat(store.thaw(PACK, new ThawRequest(ThawTier.BULK, 9))).contains(Availability.THAWING);
            assertThat(restoreRequests()).hasSize(1);
            assertThat(restoreRequests().getFirst().text()).contains("<Days>9</Days>", "<Tier>Bulk</Tier>");
            assertThat(store.thaw(PACK, new ThawRequest(ThawTier.STANDARD, 9))).contains(Availability.THAWING);
            assertThat(restoreRequests().getLast().text()).contains("<Tier>Standard</Tier>");
            server.finishThaws();
            assertThat(store.thaw(PACK, new ThawRequest(ThawTier.BULK, 9))).contains(Availability.READABLE);
            assertThat(store.get(PACK)).isPresent();
        }
    }

    @Test
    void knowsThatADeepArchiveHasNoExpeditedTier() {
        try (S3Store store = open("&storage-class=DEEP_ARCHIVE")) {
            store.put(PACK, ByteBuffer.allocate(1));
            assertThat(store.archiveClass("DEEP_ARCHIVE").orElseThrow().thawTime(ThawTier.EXPEDITED))
                    .isEmpty();
            assertThat(codeOf(() -> store.thaw(PACK, new ThawRequest(ThawTier.EXPEDITED, 1))))
                    .isEqualTo(ErrorCode.REFUSED);
            assertThat(restoreRequests()).isEmpty();
        }
    }

    @Test
    void saysWhereAServerCannotThaw() {
        try (S3Store store = open("&storage-class=GLACIER")) {
            store.put(PACK, ByteBuffer.allocate(1));
            for (Fault fault : List.of(
                    new Fault.Answer(501, "NotImplemented"),
                    new Fault.Answer(503, "GlacierExpeditedRetrievalNotAvailable"))) {
                server.setFaults(
                        request -> request.query().containsKey("restore") ? Optional.of(fault) : Optional.empty());
                HoldfastException refusal = catchThrowableOfType(
                        HoldfastException.class, () -> store.thaw(PACK, new ThawRequest(ThawTier.STANDARD, 1)));
                assertThat(refusal.code()).isEqualTo(ErrorCode.REFUSED);
                assertThat(store.mayPass(refusal)).isFalse();
            }
        }
    }

    @Test
    void closesViewsWithTheirStore() {
        S3Store store = open("");
        ObjectStore view = store.withDataClass("GLACIER_IR");
        view.close();
        assertThat(view.capabilities().archives()).isFalse();
        view.put(PACK, ByteBuffer.allocate(1));
        assertThat(server.requests().getLast().header("x-amz-storage-class")).contains("GLACIER_IR");
        assertThat(view.get(PACK)).as("can be read at once").isPresent();
        store.close();
        assertThatIllegalStateException().isThrownBy(() -> view.get(PACK)).withMessageContaining("closed");
    }
}
