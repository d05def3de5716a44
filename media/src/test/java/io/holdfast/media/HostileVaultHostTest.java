package io.holdfast.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.core.Warnings;
import io.holdfast.http.Router;
import io.holdfast.protocol.VaultAnswer;
import io.holdfast.protocol.VaultCalls;
import io.holdfast.protocol.VaultMade;
import io.holdfast.protocol.VaultRequest;
import io.holdfast.protocol.VaultStore;
import io.holdfast.repository.ChunkId;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.security.TlsContexts;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.stores.StorePlace;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host that does what it likes with the vault that it was given, over real TLS and HTTP. */
final class HostileVaultHostTest {
    private static final List<Bytes> SOURCE = List.of(Bytes.wrap("/home".getBytes(StandardCharsets.UTF_8)));
    private static final Bytes OUTER = Bytes.wrap(new byte[16]);
    private static final String JOB = "job";

    @TempDir
    private Path directory;

    private final SecureRandom random = new SecureRandom();
    private final Map<String, Long> fences = new ConcurrentHashMap<>();
    private final Map<String, String> reads = new ConcurrentHashMap<>();
    private final Set<String> plain = ConcurrentHashMap.newKeySet();
    private final List<JobDesk.SealedSnapshot> noted = new CopyOnWriteArrayList<>();
    private RepositorySettings settings;
    private KeyFile key;
    private VaultServer server;
    private String host = "";

    @BeforeEach
    void start() throws Exception {
        settings = RepositorySettings.of(directory.resolve("cache"), "test", Warnings.NONE);
        key = KeyFile.generate(random);
        Vaults vaults = new Vaults(
                new Word(),
                this::vault,
                new Vaults.Settings(directory.resolve("parts"), random, WallClock.system(), MonotonicClock.system()));
        server = new VaultServer(directory, router -> routes(router, vaults));
        host = server.hostId();
        fences.put(host + "/" + JOB, 1L);
    }

    private static void routes(Router router, Vaults vaults) {
        VaultRoutes.addTo(router, MediaRoutes::answering, vaults);
    }

    private OpenRepositories.Vault vault(Bytes repository, String owner, boolean isNew) {
        StorePlace place = StorePlace.parse(
                directory.resolve("store/vaults").resolve(owner).toString());
        ObjectStore store =
                isNew ? place.create(Optional.empty(), Bandwidth.UNLIMITED) : place.open(Bandwidth.UNLIMITED);
        return new OpenRepositories.Vault(place, store);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** What the control server says. */
    private final class Word implements JobDesk {
        @Override
        public JobTerms confirm(String who, String job, long fence) {
            if (!Long.valueOf(fence).equals(fences.get(who + "/" + job))) {
                throw new HoldfastException(ErrorCode.FENCED, "job " + job + " is another's");
            }
            String owner = reads.get(who + "/" + job);
            if (owner != null) {
                return new JobTerms(OUTER, "name", AllowedSources.NONE, Set.of(SnapshotId.generate(0, random)))
                        .inVaultOf(owner);
            }
            JobTerms terms = new JobTerms(OUTER, "name", AllowedSources.of(SOURCE), Set.of());
            return plain.contains(job) ? terms : terms.inVaultOf(who);
        }

        @Override
        public void committed(String who, String job, Snapshot snapshot, Taken taken) {
            throw new IllegalStateException("nothing here goes to a repository");
        }

        @Override
        public void sealed(String who, String job, SealedSnapshot snapshot) {
            noted.add(snapshot);
        }
    }

    private record Opened(VaultCalls calls, VaultAnswer answer) {
        VaultStore store() {
            return new VaultStore(calls, answer.access(), answer.place());
        }
    }

    private Opened begin(String who, long fence, List<Bytes> paths) {
        VaultCalls calls = server.calls(who, Bandwidth.UNLIMITED);
        return new Opened(calls, calls.begin(VaultRequest.of(JOB, fence, paths)));
    }

    private Opened begin() {
        return begin(host, 1, SOURCE);
    }

    /** An honest backup, the first one of its host. */
    private SnapshotId saved(VaultStore store) {
        byte[] content = new byte[200_000];
        random.nextBytes(content);
        if (!Repository.exists(store)) {
            Repository.create(store, Repository.newId(settings), new Credential.Key(key), "host", settings)
                    .repository()
                    .close();
        }
        Recipient recipient;
        try (Repository opened = Repository.open(store, List.of(new Credential.Key(key)), settings)) {
            recipient = opened.keyring().recipient();
        }
        try (Repository vault = Repository.openWriteOnly(store, recipient, HostKey.generate(random), settings)) {
            try (WriteSession session = vault.beginSession("test")) {
                ChunkId ignored = session.store(ChunkKind.CONTENT, content, 0, content.length);
                session.flush();
                session.commit(new Manifest(
                        new Timestamp(1, 0),
                        new Timestamp(2, 0),
                        "name",
                        SOURCE,
                        List.of(),
                        Optional.empty(),
                        new SnapshotStatistics(1, 0, 0, content.length, 0, 0, 0, 0, 0, 0),
                        Optional.empty(),
                        "test",
                        new TreeMap<>(),
                        new TreeMap<>(),
                        List.of(),
                        Optional.empty(),
                        "nobody"));
                return session.id();
            }
        }
    }

    private static void refused(ErrorCode code, ThrowingCallable call) {
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(call)
                .satisfies(e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> objects() {
        try (ObjectStore store =
                DiskStore.open(directory.resolve("store/vaults").resolve(host))) {
            return store.names("").stream().map(ObjectName::value).toList();
        }
    }

    @Test
    void anHonestBackupGoesInIsNotedAndComesBack() {
        Opened opened = begin();
        SnapshotId id = saved(opened.store());
        opened.calls().made(opened.answer().access(), new VaultMade(id.leaf(), 1, 200_000, 200_000));

        assertThat(noted).extracting(JobDesk.SealedSnapshot::id).containsExactly(id, id);
        assertThat(noted.getLast().files()).isEqualTo(1);
        assertThat(noted.getFirst().storedBytes()).isGreaterThan(200_000);
        assertThat(noted.getFirst().paths()).isEqualTo(SOURCE);
        // Only packs, keys and the manifest are left of it.
        assertThat(objects()).noneMatch(name -> name.startsWith("sessions/") || name.startsWith("heartbeats/"));
        try (Repository vault = Repository.open(opened.store(), List.of(new Credential.Key(key)), settings)) {
            assertThat(vault.snapshots().live())
                    .extracting(snapshot -> snapshot.id())
                    .containsExactly(id);
        }
        try (ObjectStore store =
                DiskStore.open(directory.resolve("store/vaults").resolve(host))) {
            assertThat(VaultListing.snapshots(store, Set.of())).containsExactly(id);
        }
    }

    @Test
    void nothingThatIsThereIsDeleted() {
        VaultStore store = begin().store();
        SnapshotId id = saved(store);
        List<String> before = objects();
        assertThat(before).contains(id.snapshotName().value());
        for (String name : before) {
            refused(ErrorCode.REFUSED, () -> store.delete(ObjectName.of(name)));
        }
        // Also not by a later access, which did not put them.
        VaultStore later = begin().store();
        for (String name : before) {
            refused(ErrorCode.REFUSED, () -> later.delete(ObjectName.of(name)));
        }
        assertThat(objects()).isEqualTo(before);
    }

    @Test
    void nothingThatIsThereIsReplaced() {
        VaultStore store = begin().store();
        SnapshotId id = saved(store);
        String pack = objects().stream()
                .filter(name -> name.startsWith("packs/data/"))
                .findFirst()
                .orElseThrow();
        byte[] before = store.get(ObjectName.of(pack)).orElseThrow().array();
        assertThat(store.put(ObjectName.of("config/00000001"), bytes("mine"))).isEqualTo(PutOutcome.ALREADY_THERE);
        refused(ErrorCode.DAMAGED, () -> store.put(ObjectName.of(pack), bytes("mine")));
        assertThat(store.get(ObjectName.of(pack)).orElseThrow().array()).isEqualTo(before);
        assertThat(store.stat(id.snapshotName())).isPresent();
    }

    @Test
    void whatWouldHideOrCondemnIsNotTaken() {
        VaultStore store = begin().store();
        SnapshotId id = saved(store);
        String other = "00000000-" + "0".repeat(31) + "1";
        for (String name : List.of(
                "forgotten/" + id.leaf(),
                "condemned/" + other,
                "waits/" + other,
                "verdict/" + other,
                "removals/00000001",
                "holds/" + id.leaf() + ".00000001",
                "givenup/" + other,
                "search/" + "0".repeat(64),
                "config/00000002",
                "keys/" + "0".repeat(32),
                "sealed/00000001",
                "heartbeats/" + other + ".00000009",
                "snapshots/" + other,
                "packs/data/00/" + "1".repeat(64),
                "anything")) {
            HoldfastException refusal = org.assertj.core.api.Assertions.catchThrowableOfType(
                    HoldfastException.class, () -> store.put(ObjectName.of(name), bytes("")));
            assertThat(refusal).as(name).isNotNull();
            assertThat(refusal.code()).as(name).isIn(ErrorCode.REFUSED, ErrorCode.DAMAGED);
            assertThat(objects()).as(name).doesNotContain(name);
        }
        // A tombstone for the session of another access, such as that of the owner with the key.
        ObjectName session = ObjectName.of("sessions/" + other);
        try (ObjectStore direct =
                DiskStore.open(directory.resolve("store/vaults").resolve(host))) {
            direct.put(session, bytes("the owner's"));
        }
        assertThat(store.put(session, bytes("mine"))).isEqualTo(PutOutcome.ALREADY_THERE);
        refused(ErrorCode.REFUSED, () -> store.put(ObjectName.of("snapshots/" + other), bytes("tombstone")));
        refused(ErrorCode.REFUSED, () -> store.delete(session));
    }

    @Test
    void aSessionIsDeletedOnlyWhenItHasEnded() {
        VaultStore store = begin().store();
        SnapshotId id = SnapshotId.generate(0, random);
        store.put(id.sessionName(), bytes("a session"));
        refused(ErrorCode.REFUSED, () -> store.delete(id.sessionName()));
    }

    @Test
    void otherBytesThanThoseOfANameAreNotTaken() {
        VaultStore store = begin().store();
        byte[] content = new byte[3 << 20];
        random.nextBytes(content);
        String hash = HexFormat.of().formatHex(Sha256.of(content));
        ObjectName name = ObjectName.of("packs/data/" + hash.substring(0, 2) + "/" + hash);
        byte[] other = content.clone();
        other[other.length - 1] ^= 1;
        refused(ErrorCode.DAMAGED, () -> store.put(name, ByteBuffer.wrap(other)));
        assertThat(store.stat(name)).isEmpty();
        assertThat(store.put(name, ByteBuffer.wrap(content))).isEqualTo(PutOutcome.STORED);
        assertThat(store.put(name, ByteBuffer.wrap(content))).isEqualTo(PutOutcome.ALREADY_THERE);
    }

    @Test
    void whatIsTooLongIsNotTaken() throws IOException {
        VaultStore store = begin().store();
        byte[] large = new byte[(64 << 20) + 1];
        String hash = HexFormat.of().formatHex(Sha256.of(large));
        refused(
                ErrorCode.FAILED,
                () -> store.put(
                        ObjectName.of("packs/data/" + hash.substring(0, 2) + "/" + hash), ByteBuffer.wrap(large)));
        refused(
                ErrorCode.FAILED,
                () -> store.put(ObjectName.of("domains/" + "0".repeat(32)), ByteBuffer.allocate((64 << 10) + 1)));
        assertThat(objects()).isEmpty();
        try (Stream<Path> parts =
                Files.exists(directory.resolve("parts")) ? Files.list(directory.resolve("parts")) : Stream.empty()) {
            assertThat(parts).isEmpty();
        }
    }

    @Test
    void aVaultOfAnotherHostIsNobodysBusiness() throws IOException {
        Opened mine = begin();
        saved(mine.store());
        String other = server.hostId();
        fences.put(other + "/" + JOB, 1L);
        Opened foreign = begin(other, 1, SOURCE);
        assertThat(foreign.store().names("")).isEmpty();
        // Somebody else's access under its own certificate.
        VaultCalls thief = server.calls(other, Bandwidth.UNLIMITED);
        refused(ErrorCode.NOT_FOUND, () -> thief.list(mine.answer().access(), "", object -> {}));
        for (String name :
                List.of("../" + host + "/config/00000001", "..", "/config/00000001", "config//1", "%2e%2e/x")) {
            assertThat(status(
                            other, "GET", "/media/v1/vaults/" + foreign.answer().access() + "/object?name=" + name))
                    .as(name)
                    .isEqualTo(400);
        }
        assertThat(status(other, "GET", "/media/v1/vaults/" + foreign.answer().access() + "/list?prefix=../" + host))
                .isEqualTo(200);
        assertThat(foreign.store().names("../" + host)).isEmpty();
    }

    private int status(String who, String method, String target) throws IOException {
        try (Socket socket = connect(who)) {
            OutputStream out = socket.getOutputStream();
            out.write((method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.flush();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    private Socket connect(String who) throws IOException {
        SSLSocket socket = (SSLSocket)
                server.tls(who).getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setServerNames(TlsContexts.machineParameters().getServerNames());
        socket.setSSLParameters(parameters);
        return socket;
    }

    @Test
    void aFenceOfYesterdayCountsForNothing() {
        VaultStore store = begin().store();
        refused(ErrorCode.FENCED, () -> begin(host, 2, SOURCE));
        // The job is given out anew in the middle of a backup.
        SnapshotId id = SnapshotId.generate(0, random);
        store.put(id.sessionName(), bytes("a session"));
        fences.put(host + "/" + JOB, 2L);
        refused(ErrorCode.FENCED, () -> store.put(id.snapshotName(), manifestOfNobody()));
        assertThat(objects()).doesNotContain(id.snapshotName().value());
        assertThat(noted).isEmpty();
        // Who has it now ends the access of before.
        VaultStore next = begin(host, 2, SOURCE).store();
        refused(ErrorCode.NOT_FOUND, () -> store.names(""));
        assertThat(next.names("sessions/")).hasSize(1);
    }

    /** An envelope of a manifest; what follows only the owner reads. */
    private static ByteBuffer manifestOfNobody() {
        byte[] object = new byte[200];
        ByteBuffer.wrap(object)
                .put("HFST".getBytes(StandardCharsets.US_ASCII))
                .put((byte) 4)
                .put((byte) 1)
                .put((byte) 2);
        return ByteBuffer.wrap(object);
    }

    @Test
    void anotherJobThanOneWithAVaultGetsNone() {
        plain.add(JOB);
        refused(ErrorCode.REFUSED, this::begin);
        plain.clear();
        refused(ErrorCode.REFUSED, () -> begin(host, 1, List.of(Bytes.wrap("/etc".getBytes(StandardCharsets.UTF_8)))));
        refused(ErrorCode.REFUSED, () -> begin(host, 1, List.of()));
    }

    @Test
    void whoRestoresOnlyReads() {
        SnapshotId id = saved(begin().store());
        List<String> before = objects();
        String other = server.hostId();
        fences.put(other + "/" + JOB, 1L);
        reads.put(other + "/" + JOB, host);
        refused(ErrorCode.REFUSED, () -> begin(other, 1, SOURCE));
        VaultStore store = begin(other, 1, List.of()).store();
        assertThat(store.names("snapshots/")).containsExactly(id.snapshotName());
        refused(
                ErrorCode.REFUSED,
                () -> store.put(SnapshotId.generate(0, random).sessionName(), bytes("a session")));
        refused(ErrorCode.REFUSED, () -> store.delete(id.snapshotName()));
        assertThat(objects()).isEqualTo(before);
    }

    @Test
    void aManifestThatNobodyMadeIsNotNotedTwiceAndCountsOnlyWhereItWasPut() {
        Opened opened = begin();
        refused(
                ErrorCode.NOT_FOUND,
                () -> opened.calls()
                        .made(
                                opened.answer().access(),
                                new VaultMade(SnapshotId.generate(0, random).leaf(), 1, 1, 1)));
        assertThat(noted).isEmpty();
    }

    /** A host that sends byte by byte holds no others up. */
    @Test
    void aSlowBodyHoldsNobodyUp() throws IOException {
        Opened slow = begin();
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) {
                Socket socket = connect(host);
                sockets.add(socket);
                socket.getOutputStream()
                        .write(("PUT /media/v1/vaults/" + slow.answer().access() + "/object?name=domains/"
                                        + "%032d".formatted(i)
                                        + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx")
                                .getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
            }
            String other = server.hostId();
            fences.put(other + "/" + JOB, 1L);
            long began = System.nanoTime();
            assertThat(begin(other, 1, SOURCE).store().put(ObjectName.of("domains/" + "f".repeat(32)), bytes("x")))
                    .isEqualTo(PutOutcome.STORED);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** What breaks off on the way is not there. */
    @Test
    void halfAnObjectIsNone() throws IOException {
        Opened opened = begin();
        ObjectName name = ObjectName.of("domains/" + "a".repeat(32));
        try (Socket socket = connect(host)) {
            socket.getOutputStream()
                    .write(("PUT /media/v1/vaults/" + opened.answer().access() + "/object?name=" + name
                                    + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
        }
        assertThat(opened.store().stat(name)).isEmpty();
        assertThat(opened.store().put(name, bytes("whole"))).isEqualTo(PutOutcome.STORED);
    }
}
