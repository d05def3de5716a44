package io.holdfast.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.collect.CondemnedList;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.repository.index.IndexStore;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackKind;
import io.holdfast.repository.session.GivenUpPacks;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.repository.verify.Repair;
import io.holdfast.repository.verify.Verification;
import io.holdfast.repository.verify.VerificationListener;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.files.HostFiles;
import io.holdfast.sources.fixture.SnapshotContent;
import io.holdfast.sources.fixture.Workbench;
import io.holdfast.sources.fixture.WriteOnlyHost;
import io.holdfast.sources.restore.RestoreRequest.Overwrite;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.StoreOperation;
import io.holdfast.testkit.Fault;
import io.holdfast.testkit.FaultScript;
import io.holdfast.testkit.FaultStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that can add and cannot read. */
@Timeout(120)
final class RecipientTest extends WriteOnlyHost {
    @Test
    void addsWhatTheOwnerReads() throws IOException {
        BackupResult added = add();

        assertThat(content(added)).isEqualTo(SnapshotContent.of(from));
        assertThat(damages()).isZero();
        bench().restore(added, to, Overwrite.ALWAYS);
        assertRestored();
        assertThat(check(added, to)).isZero();
    }

    @Test
    void readsNothingThatIsThere() throws IOException {
        BackupResult owners = bench().backup(from);
        BackupResult own = add();
        try (Workbench bench = asHost(store.anotherClient(), host, "host-cache")) {
            Repository repository = bench.repository();
            for (BackupResult each : List.of(owners, own)) {
                assertThatExceptionOfType(HoldfastException.class)
                        .isThrownBy(() ->
                                repository.snapshots().occupant(each.snapshot().orElseThrow()))
                        .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_KEY));
            }
            List<ObjectName> packs = new ArrayList<>();
            store.list("packs/", object -> packs.add(object.name()));
            assertThat(packs).isNotEmpty();
            try (var reader = repository.newPackReader()) {
                for (ObjectName pack : packs) {
                    long size = store.stat(pack).orElseThrow().sizeBytes();
                    assertThatExceptionOfType(HoldfastException.class)
                            .isThrownBy(
                                    () -> reader.readOutline(PackId.find(pack).orElseThrow(), size))
                            .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_KEY));
                }
            }
        }
    }

    @Test
    void sendsNothingTwiceUntilItsCacheIsLost() throws IOException {
        BackupResult first = add();
        assertThat(first.statistics().addedBytes()).isGreaterThan(150_000);
        assertThat(add().statistics().addedBytes()).isZero();
        Files.write(from.resolve("g"), random.bytes(50_000));
        BackupResult third = add();
        assertThat(third.statistics().addedBytes()).isBetween(50_000L, 70_000L);

        BackupResult anew = add(host, "another-cache");

        assertThat(anew.statistics().addedBytes()).isGreaterThan(150_000);
        assertThat(content(third)).isEqualTo(SnapshotContent.of(from));
        assertThat(content(anew)).isEqualTo(SnapshotContent.of(from));
        assertThat(damages()).isZero();
    }

    /** Without it nobody knows its chunks again: the host puts it once more, and a repair gives nothing up for want of it. */
    @Test
    void aDamagedIdKeyOfAHostCostsNothing() throws IOException {
        BackupResult before = add();
        List<ObjectName> keys = store.names("domains/");
        ByteBuffer whole = store.get(keys.getFirst()).orElseThrow();
        ByteBuffer flipped =
                ByteBuffer.allocate(whole.remaining()).put(whole.duplicate()).flip();
        flipped.put(60, (byte) ~flipped.get(60));
        assertThat(store.delete(keys.getFirst())).isTrue();
        store.put(keys.getFirst(), flipped);
        List<PackId> packs = packsThere();
        try (Workbench fresh =
                Workbench.open(store, Workbench.small(home.resolve("fresh")), HostFiles.ofThisSystem())) {
            Verification looked = new Verification(fresh.repository(), VerificationListener.NONE);
            assertThat(looked.run(100).damages()).isPositive();
            Repair.Result repaired = new Repair(fresh.repository()).run(looked);
            assertThat(repaired.keptPacks()).isEqualTo(packs.size());
            assertThat(repaired.lostChunks()).isZero();
            assertThat(fresh.repository().indexes().load().isGivenUp(packs.getFirst()))
                    .isFalse();
        }

        Files.write(from.resolve("g"), random.bytes(50_000));
        BackupResult after = add();
        BackupResult again = add();

        assertThat(store.names("domains/")).hasSize(2);
        assertThat(after.statistics().addedBytes()).isLessThan(70_000);
        try (Workbench fresh =
                Workbench.open(store, Workbench.small(home.resolve("fresher")), HostFiles.ofThisSystem())) {
            assertThat(SnapshotContent.of(fresh.repository(), fresh.snapshot(before)))
                    .hasSameSizeAs(SnapshotContent.of(from));
            for (BackupResult each : List.of(after, again)) {
                assertThat(SnapshotContent.of(fresh.repository(), fresh.snapshot(each)))
                        .isEqualTo(SnapshotContent.of(from));
            }
            Verification looked = new Verification(fresh.repository(), VerificationListener.NONE);
            assertThat(looked.run(100).damages()).as("the damaged key alone").isEqualTo(1);
            assertThat(looked.damagedPacks()).isEmpty();
        }
    }

    /** A backup of hours joins what it has published: only that, for of all else it would not know any more whether it is still there. */
    @Test
    void aLongBackupRefersToNothingThatIsGone() throws IOException {
        byte[] old = random.bytes(40_000);
        Files.write(from.resolve("zz"), old);
        BackupResult first = add();
        bench().repository().snapshots().forget(first.snapshot().orElseThrow());
        collect();
        collect();
        assertThat(store.names("packs/")).isEmpty();
        Files.write(from.resolve("e"), random.bytes(3_000_000));

        BackupResult slow;
        try (Workbench bench = Workbench.openFor(
                recipient(), host, store.anotherClient(), publishingEachPack(), HostFiles.ofThisSystem())) {
            slow = bench.backup(from);
        }

        assertThat(content(slow)).isEqualTo(SnapshotContent.of(from));
        assertThat(damages()).isZero();
    }

    private RepositorySettings publishingEachPack() {
        RepositorySettings usual = Workbench.small(home.resolve("host-cache"));
        AtomicLong hours = new AtomicLong();
        MonotonicClock fast = new MonotonicClock() {
            @Override
            public long nanoTime() {
                return Duration.ofHours(hours.incrementAndGet()).toNanos();
            }

            @Override
            public void sleep(Duration duration) {}
        };
        return new RepositorySettings(
                usual.cacheRoot(),
                usual.threads(),
                usual.random(),
                usual.clock(),
                usual.program(),
                usual.chunker(),
                usual.dataPackBytes(),
                usual.metaPackBytes(),
                Optional.empty(),
                Warnings.NONE,
                fast);
    }

    /** Else it would take what such a host saved for damaged, and a repair give it up. */
    @Test
    void whoeverReadsAlreadyKnowsAHostThatComesLater() throws IOException {
        assertThat(content(add())).isEqualTo(content(bench().backup(from)));
        BackupResult later = add(HostKey.generate(new SecureRandom()), "other-host");
        assertThat(content(later)).isEqualTo(SnapshotContent.of(from));
    }

    /** What it keeps, its next session relies on: it must not be what nobody else can find. */
    @Test
    void keepsNoIndexThatIsNotInTheStore() throws IOException {
        FaultScript script = FaultScript.when(
                call -> call.operation() == StoreOperation.PUT && call.isUnder(IndexStore.PREFIX),
                Fault.crash(Fault.Effect.NONE));
        FaultStore dying = new FaultStore(store.anotherClient(), script);
        try (Workbench bench = asHost(dying, host, "host-cache")) {
            bench.backup(from);
        } catch (RuntimeException e) {
            assertThat(dying.hasCrashed()).isTrue();
        }

        assertThat(store.names(IndexStore.PREFIX)).isEmpty();
        BackupResult again = add();
        assertThat(again.statistics().addedBytes()).isGreaterThan(150_000);
        assertThat(content(again)).isEqualTo(SnapshotContent.of(from));
    }

    /** Whoever could find out whether others have stored the same would know what they have. */
    @Test
    void sharesNothingWithOthers() throws IOException {
        bench().backup(from);
        BackupResult own = add();
        BackupResult others = add(HostKey.generate(new SecureRandom()), "other-host");
        assertThat(own.statistics().addedBytes()).isGreaterThan(150_000);
        assertThat(others.statistics().addedBytes()).isGreaterThan(150_000);
        assertThat(content(own)).isEqualTo(content(others));
    }

    /** The index may be merged by others, packs rewritten, snapshots forgotten: what the host thinks it has sent is looked up. */
    @Test
    void goesOnBesideCollectionsOfTheOwner() throws IOException {
        List<BackupResult> results = new ArrayList<>();
        for (int generation = 0; generation < 20; generation++) {
            Files.write(from.resolve("g"), random.bytes(50_000));
            Files.write(from.resolve("h" + generation % 3), random.bytes(9_000));
            results.add(add());
            if (generation % 3 == 2) {
                SnapshotId gone = results.remove(0).snapshot().orElseThrow();
                bench().repository().snapshots().forget(gone);
                collect();
                assertThat(content(results.getLast())).isEqualTo(SnapshotContent.of(from));
            }
        }
        assertThat(damages()).isZero();
        for (BackupResult each : results.subList(0, results.size() - 1)) {
            bench().repository().snapshots().forget(each.snapshot().orElseThrow());
        }
        collect();
        collect();
        assertThat(content(results.getLast())).isEqualTo(SnapshotContent.of(from));
        // What was rewritten lies where the host does not know it: that much it sends again.
        assertThat(add().statistics().addedBytes()).isLessThan(150_000);
        assertThat(damages()).isZero();
    }

    @Test
    void whatIsDamagedIsNamedAndWhatIsWholeIsSaved() throws IOException {
        BackupResult added = add();
        List<PackId> packs = new ArrayList<>();
        store.list(PackKind.DATA.prefix(), object -> PackId.find(object.name()).ifPresent(packs::add));
        ByteBuffer pack = store.get(packs.getFirst().name()).orElseThrow();
        pack.put(3_000, (byte) ~pack.get(3_000));
        assertThat(store.delete(packs.getFirst().name())).isTrue();
        store.put(packs.getFirst().name(), pack);

        Verification looked = new Verification(bench().repository(), VerificationListener.NONE);
        assertThat(looked.run(100).damages()).isPositive();
        Repair.Result repaired = new Repair(bench().repository()).run(looked);

        assertThat(repaired.rescuedChunks() + repaired.lostChunks()).isPositive();
        // What is lost comes back with the next backup, for the damaged pack no longer counts for whoever has no memory
        // of it.
        collectOrRefuse();
        BackupResult again = add(host, "fresh");
        assertThat(content(again)).isEqualTo(SnapshotContent.of(from));
        assertThat(added.snapshot()).isPresent();
    }

    /** What decides over snapshots and packs, a host may not make that can only add. */
    @Test
    void aHostDecidesOverNothingOfOthers() throws IOException {
        BackupResult owners = bench().backup(from);
        SnapshotId id = owners.snapshot().orElseThrow();
        List<PackId> packs = packsThere();
        try (Workbench evil = asHost(store.anotherClient(), host, "host-cache")) {
            evil.repository().snapshots().forget(id);
        }
        collect();
        assertThat(packsThere()).containsAll(packs);
        assertThat(store.delete(id.forgottenName())).isTrue();

        SnapshotId list = SnapshotId.generate(7, new SecureRandom());
        CondemnedList forged = new CondemnedList(list, List.of(), List.of());
        Verdict verdict = new Verdict(7, packs.stream().sorted().toList(), List.of(id), Optional.empty());
        try (Workbench evil = asHost(store.anotherClient(), host, "host-cache")) {
            evil.repository().markers().put(ObjectKind.CONDEMNED_LIST, forged.name(), forged.encode());
            evil.repository().markers().put(ObjectKind.VERDICT, forged.verdictName(), verdict.encode());
        }
        collectOrRefuse();
        assertThat(packsThere()).containsAll(packs);
        assertThat(SnapshotContent.of(bench().repository(), bench().snapshot(owners)))
                .isEqualTo(SnapshotContent.of(from));
    }

    /** Whoever may put might put anything where keys are looked for. */
    @Test
    void giantAndOddObjectsAmongTheKeysStopNobody() throws IOException {
        BackupResult added = add();
        store.put(ObjectName.of("domains/" + "1".repeat(32)), ByteBuffer.allocate(200_000));
        store.put(ObjectName.of("domains/odd"), ByteBuffer.allocate(3));
        store.put(ObjectName.of("sealed/odd"), ByteBuffer.allocate(0));
        assertThat(content(added)).isEqualTo(SnapshotContent.of(from));
        assertThat(damages()).isEqualTo(3);
        collect();
        assertThat(content(add())).isEqualTo(SnapshotContent.of(from));
    }

    @Test
    void rotatedKeysLeaveBothRecipientsReadable() throws IOException {
        Recipient old = recipient();
        BackupResult before = add();
        bench().repository().keySlots().rotate(List.of(), false, false);
        try (Workbench rotated =
                Workbench.open(store, Workbench.small(home.resolve("rotated")), HostFiles.ofThisSystem())) {
            Recipient anew = rotated.repository().keyring().recipient();
            assertThat(anew).isNotEqualTo(old);
            BackupResult withOld = add();
            BackupResult withNew;
            try (Workbench bench = Workbench.openFor(
                    anew, host, store, Workbench.small(home.resolve("host-cache")), HostFiles.ofThisSystem())) {
                withNew = bench.backup(from);
            }
            assertThat(withNew.statistics().addedBytes()).isZero();
            for (BackupResult each : List.of(before, withOld, withNew)) {
                assertThat(SnapshotContent.of(rotated.repository(), rotated.snapshot(each)))
                        .isEqualTo(SnapshotContent.of(from));
            }
        }
    }

    /** It keeps its own index, and does not see in the repository's that a pack was given up. */
    @Test
    void aHostSendsAgainWhatARepairHasGivenUp() throws IOException {
        add();
        for (ObjectName pack : store.names("packs/data/")) {
            ByteBuffer content = store.get(pack).orElseThrow();
            content.put(3_000, (byte) ~content.get(3_000));
            assertThat(store.delete(pack)).isTrue();
            store.put(pack, content);
        }
        Verification looked = new Verification(bench().repository(), VerificationListener.NONE);
        assertThat(looked.run(100).damages()).isPositive();
        Repair.Result repaired = new Repair(bench().repository()).run(looked);
        assertThat(repaired.lostChunks()).isPositive();

        BackupResult again = add();

        assertThat(content(again)).isEqualTo(SnapshotContent.of(from));
        collect();
        collect();
        assertThat(store.names(GivenUpPacks.PREFIX))
                .as("nobody needs to be told any more")
                .isEmpty();
        assertThat(damages()).isZero();
    }

    @Test
    void aRecipientOfAnotherRepositoryIsRefused() throws IOException {
        MemoryStore other = new MemoryStore();
        Workbench.create(other, Workbench.small(home.resolve("other")), HostFiles.ofThisSystem())
                .close();
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> asHost(other, host, "host-cache"))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_KEY))
                .withMessageContaining("belongs to repository");
        assertThat(Recipient.parse(recipient().toText(), "text")).isEqualTo(recipient());
        String text = recipient().toText();
        int at = text.lastIndexOf('-') - 1;
        String slip = text.substring(0, at) + (text.charAt(at) == 'a' ? 'b' : 'a') + text.substring(at + 1);
        assertThatExceptionOfType(HoldfastException.class)
                .isThrownBy(() -> Recipient.parse(slip, "--recipient"))
                .satisfies(e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_KEY));
        assertThat(HostKey.parse(host.toText(), "file")).isEqualTo(host);
    }

    /** Sealed keys are named by what they are for: none can stand in for another, and none is taken for whole that is not. */
    @Test
    void exchangedAndLostKeysAreNamed() throws IOException {
        add();
        Files.write(from.resolve("g"), random.bytes(50_000));
        add();
        List<ObjectName> sealed = new ArrayList<>();
        store.list("sealed/", object -> sealed.add(object.name()));
        assertThat(sealed).hasSize(2);
        ByteBuffer first = store.get(sealed.get(0)).orElseThrow();
        ByteBuffer second = store.get(sealed.get(1)).orElseThrow();
        sealed.forEach(store::delete);
        store.put(sealed.get(0), second);
        store.put(sealed.get(1), first);
        assertThat(damages()).isPositive();
        sealed.forEach(store::delete);
        try (Workbench fresh =
                Workbench.open(store, Workbench.small(home.resolve("fresh")), HostFiles.ofThisSystem())) {
            assertThat(fresh.repository().snapshots().list().damaged())
                    .hasSize(2)
                    .allSatisfy(each -> assertThat(each.problem().getMessage()).contains("is missing"));
        }
        store.put(sealed.get(0), first);
        store.put(sealed.get(1), second);
        assertThat(damages()).isZero();
    }

    @Test
    void aHostThatDiesAtAnyCallLeavesWhatIsWhole() throws IOException {
        SortedMap<String, String> content = SnapshotContent.of(from);
        for (long ordinal = 1; ; ordinal++) {
            for (Fault.Effect effect : Fault.Effect.values()) {
                FaultStore dying =
                        new FaultStore(store.anotherClient(), FaultScript.atCall(ordinal, Fault.crash(effect)));
                try (Workbench bench = asHost(dying, host, "host-cache")) {
                    bench.backup(from);
                } catch (RuntimeException e) {
                    assertThat(dying.hasCrashed()).isTrue();
                }
                dying.settle();
                if (!dying.hasCrashed()) {
                    assertThat(ordinal).isGreaterThan(15);
                    for (Snapshot live : bench().repository().snapshots().live()) {
                        assertThat(SnapshotContent.of(bench().repository(), live))
                                .isEqualTo(content);
                    }
                    assertThat(damages()).isZero();
                    return;
                }
            }
        }
    }

    @Test
    void lockedSnapshotsOutliveWhoeverDeletesTheRest() throws IOException {
        Instant now = Instant.parse("2060-01-01T00:00:00Z");
        MemoryStore locking = new MemoryStore(() -> now);
        RepositorySettings usual = Workbench.small(home.resolve("locking"));
        RepositorySettings month = new RepositorySettings(
                home.resolve("host-cache"),
                usual.threads(),
                usual.random(),
                () -> now,
                usual.program(),
                usual.chunker(),
                usual.dataPackBytes(),
                usual.metaPackBytes(),
                Optional.of(Duration.ofDays(30)),
                Warnings.NONE);
        BackupResult locked;
        try (Workbench owner = Workbench.create(locking, usual, HostFiles.ofThisSystem())) {
            Recipient to = owner.repository().keyring().recipient();
            try (Workbench bench = Workbench.openFor(
                    to, host, locking, Workbench.small(home.resolve("host-cache")), HostFiles.ofThisSystem())) {
                bench.backup(from);
            }
            Files.write(from.resolve("g"), random.bytes(50_000));
            try (Workbench bench = Workbench.openFor(to, host, locking, month, HostFiles.ofThisSystem())) {
                locked = bench.backup(from);
            }
        }
        assertThat(locked.statistics().addedBytes())
                .as("most was sent without a lock")
                .isLessThan(80_000);
        MemoryStore left = new MemoryStore();
        List<ObjectName> names = new ArrayList<>();
        locking.list("", object -> names.add(object.name()));
        for (ObjectName name : names) {
            if (locking.stat(name).map(ObjectStat::lockedUntil).orElseThrow().isAfter(now)) {
                left.put(name, locking.get(name).orElseThrow());
            }
        }
        try (Workbench owner = Workbench.open(left, Workbench.small(home.resolve("left")), HostFiles.ofThisSystem())) {
            assertThat(SnapshotContent.of(owner.repository(), owner.snapshot(locked)))
                    .isEqualTo(SnapshotContent.of(from));
        }
    }

    private void collectOrRefuse() {
        try {
            collect();
        } catch (HoldfastException e) {
            assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
        }
    }
}
