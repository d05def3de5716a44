package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.media.JobDesk.SealedSnapshot;
import io.holdfast.protocol.VaultAnswer;
import io.holdfast.protocol.VaultMade;
import io.holdfast.protocol.VaultRequest;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** The accesses of hosts to vaults (docs/server.md, section "Vaults"). Thread-safe. */
public final class Vaults {
    private static final int MOST_OF_A_HOST = 32;
    private static final int PUTS_OF_A_HOST = 8;
    /** Each may be a pack. */
    private static final int OBJECTS_IN_MEMORY = 4;

    private static final int TOKEN_BYTES = 16;
    private static final Duration IDLE = Duration.ofMinutes(15);

    private final JobDesk desk;
    private final Place place;
    private final Settings settings;
    private final Semaphore inMemory = new Semaphore(OBJECTS_IN_MEMORY, true);
    private final Map<String, Semaphore> puts = new ConcurrentHashMap<>();
    private final Map<String, Open> byToken = new ConcurrentHashMap<>();

    /** Finds the vault of a host beside a repository, or makes it. */
    @FunctionalInterface
    public interface Place {
        /** @throws HoldfastException {@code NO_REPOSITORY} where there is none */
        OpenRepositories.Vault of(Bytes repositoryId, String host, boolean isNew);
    }

    /** @param parts a directory for what is coming; it may be missing, and nobody else has anything there */
    public record Settings(Path parts, SecureRandom random, InstantSource clock, MonotonicClock waits) {}

    /** @param committed snapshots that were made through it */
    private record Open(
            String host,
            String job,
            long fence,
            List<Bytes> paths,
            Instant begun,
            VaultAccess access,
            Map<SnapshotId, Instant> committed,
            AtomicLong usedAtNanos) {}

    public Vaults(JobDesk desk, Place place, Settings settings) {
        this.desk = desk;
        this.place = place;
        this.settings = settings;
        clearAway();
    }

    /** What was coming when the process died. */
    private void clearAway() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(settings.parts())) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // There is none yet; or it stays until the next start.
        }
    }

    /**
     * Begins an access (rule V4).
     *
     * @param host the id in its certificate
     * @throws HoldfastException {@code FENCED} where the job is another's, {@code REFUSED} where it is about something else
     */
    VaultAnswer begin(String host, VaultRequest request) {
        expire();
        JobTerms terms = desk.confirm(host, request.job(), request.fence());
        List<Bytes> paths = request.paths();
        String owner = terms.vault()
                .orElseThrow(
                        () -> new HoldfastException(ErrorCode.REFUSED, "job " + request.job() + " is about no vault"));
        boolean writes = !paths.isEmpty();
        if (writes
                ? !terms.sources().contains(paths) || !owner.equals(host)
                : terms.restores().isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "job " + request.job() + " does not save these paths on this host, or reads nothing");
        }
        byToken.values()
                .removeIf(open ->
                        open.host().equals(host) && open.job().equals(request.job()) && open.fence() < request.fence());
        requireRoom(host);
        OpenRepositories.Vault vault = place.of(terms.repositoryId(), owner, writes);
        ObjectStore store = terms.dataClass()
                .filter(name -> writes)
                .map(vault.store()::withDataClass)
                .orElse(vault.store());
        String token = token();
        VaultRules rules = writes
                ? new WriterRules(
                        store,
                        () -> {
                            var ignored = desk.confirm(host, request.job(), request.fence());
                        },
                        id -> committed(token, id))
                : VaultRules.READING;
        VaultAccess.Limits limits = new VaultAccess.Limits(
                puts.computeIfAbsent(host, each -> new Semaphore(PUTS_OF_A_HOST, true)), inMemory, settings.parts());
        byToken.put(
                token,
                new Open(
                        host,
                        request.job(),
                        request.fence(),
                        paths,
                        settings.clock().instant(),
                        new VaultAccess(store, rules, limits),
                        new ConcurrentHashMap<>(),
                        new AtomicLong(settings.waits().nanoTime())));
        return new VaultAnswer(token, vault.place().url(), terms.repositoryId().toHex());
    }

    private void requireRoom(String host) {
        long open = byToken.values().stream()
                .filter(each -> each.host().equals(host))
                .count();
        if (open >= MOST_OF_A_HOST) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "this host has " + open + " accesses to vaults", "Wait for one of them.");
        }
    }

    private String token() {
        byte[] token = new byte[TOKEN_BYTES];
        settings.random().nextBytes(token);
        return HexFormat.of().formatHex(token);
    }

    private void committed(String token, SnapshotId id) {
        Open open = byToken.get(token);
        if (open != null) {
            Instant now = settings.clock().instant();
            open.committed().put(id, now);
            desk.sealed(open.host(), open.job(), sealed(open, id, now, 0, 0, 0));
        }
    }

    private static SealedSnapshot sealed(
            Open open, SnapshotId id, Instant committed, long files, long bytes, long addedBytes) {
        return new SealedSnapshot(
                id,
                open.paths(),
                open.begun(),
                committed,
                files,
                bytes,
                addedBytes,
                open.access().storedBytes());
    }

    /** The host says how much is in a snapshot that it made through this access. */
    void made(String host, String token, VaultMade made) {
        Open open = open(host, token);
        Optional<SnapshotId> id = SnapshotId.find(made.snapshot());
        Instant committed = id.map(open.committed()::get).orElse(null);
        if (id.isEmpty() || committed == null) {
            throw HoldfastException.notFound("this access made no snapshot " + made.snapshot());
        }
        if (made.files() < 0 || made.bytes() < 0 || made.addedBytes() < 0) {
            throw HoldfastException.usage("a count below zero", "Send what was counted.");
        }
        desk.sealed(host, open.job(), sealed(open, id.get(), committed, made.files(), made.bytes(), made.addedBytes()));
    }

    /** What this host names so. */
    VaultAccess find(String host, String token) {
        return open(host, token).access();
    }

    private Open open(String host, String token) {
        Open open = byToken.get(token);
        if (open == null || !open.host().equals(host)) {
            throw HoldfastException.notFound("there is no such access to a vault, or it is over");
        }
        open.usedAtNanos().set(settings.waits().nanoTime());
        return open;
    }

    /** Ends it; nothing happens where it has ended. */
    void end(String host, String token) {
        Open open = byToken.get(token);
        if (open != null && open.host().equals(host)) {
            byToken.remove(token);
        }
    }

    private void expire() {
        long now = settings.waits().nanoTime();
        byToken.values().removeIf(open -> now - open.usedAtNanos().get() >= IDLE.toNanos());
    }
}
