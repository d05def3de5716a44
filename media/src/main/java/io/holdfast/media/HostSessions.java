package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.SessionAnswer;
import io.holdfast.protocol.SessionRequest;
import io.holdfast.repository.Repository;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.Sha256;
import io.holdfast.repository.pack.FrameCodec;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** The backups of hosts that are under way here. Thread-safe. */
public final class HostSessions implements AutoCloseable {
    /** Of one host at once; a plan has one for each of its sources. */
    private static final int MOST_OF_A_HOST = 32;

    private static final int TOKEN_BYTES = 16;
    private static final int LOCKS = 64;
    private static final Duration LOOK = Duration.ofSeconds(30);
    /** What hosts have sent for jobs that nobody finished. */
    private static final Duration OLD = Duration.ofDays(14);

    private final JobDesk desk;
    private final Function<Bytes, Optional<Repository>> repositories;
    private final Settings settings;
    private final Map<String, Open> byToken = new ConcurrentHashMap<>();
    private final Object[] locks = new Object[LOCKS];
    private final Thread watch;

    /**
     * How sessions are kept.
     *
     * @param sent a directory for what hosts have sent; it may be missing
     * @param idle a session that nobody asks for so long is given up
     * @param patience so long a request may take before it is answered that it is not done yet
     */
    public record Settings(
            Path sent,
            Duration idle,
            Duration patience,
            SecureRandom random,
            InstantSource clock,
            MonotonicClock waits) {
        /** Longer than an agent tries to come back; shorter than what a proxy takes for dead. */
        public static Settings usual(Path sent, SecureRandom random, InstantSource clock, MonotonicClock waits) {
            return new Settings(sent, Duration.ofMinutes(15), Duration.ofSeconds(30), random, clock, waits);
        }
    }

    private static final class Open {
        private final String host;
        private final HostSession session;
        private volatile long usedAtNanos;

        Open(String host, HostSession session, long now) {
            this.host = host;
            this.session = session;
            this.usedAtNanos = now;
        }
    }

    /** @param repositories those that are open here, by id */
    public HostSessions(JobDesk desk, Function<Bytes, Optional<Repository>> repositories, Settings settings) {
        this.desk = desk;
        this.repositories = repositories;
        this.settings = settings;
        for (int i = 0; i < LOCKS; i++) {
            locks[i] = new Object();
        }
        clearAway();
        this.watch = Thread.ofPlatform().daemon().name("holdfast-sessions").start(this::watch);
    }

    /**
     * Begins a backup, or goes on with one.
     *
     * @param host the id in its certificate
     * @throws HoldfastException {@code FENCED} where the job is another's, or was given out anew; {@code REFUSED} where it is about something else
     */
    SessionAnswer begin(String host, SessionRequest request) {
        int frameBytes = request.frameBytes();
        if (frameBytes < 1 || frameBytes > FrameCodec.GROUP_BYTES) {
            throw HoldfastException.usage("frames of " + frameBytes + " bytes", "Send 1 to " + FrameCodec.GROUP_BYTES);
        }
        JobTerms terms = desk.confirm(host, request.job(), request.fence());
        requireOwnKeysNotWanted(terms, request.job());
        List<Bytes> paths = request.paths();
        if (!terms.sources().contains(paths)) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "job " + request.job() + " does not save these paths on this host");
        }
        HostSession.Key key = new HostSession.Key(host, terms.repositoryId(), request.job(), paths);
        synchronized (locks[Math.floorMod(key.hashCode(), LOCKS)]) {
            Optional<Map.Entry<String, Open>> there = byToken.entrySet().stream()
                    .filter(open -> open.getValue().session.key().equals(key)
                            && open.getValue().session.isOpen())
                    .findFirst();
            HostSession session;
            if (there.isPresent()) {
                session = there.get().getValue().session;
                if (request.fence() < session.fence()) {
                    throw new HoldfastException(
                            ErrorCode.FENCED, "job " + request.job() + " was given out anew, fence " + session.fence());
                }
                session.takeOver(request.fence());
                // Who had it before, if that is another one, is told that it is over.
                byToken.remove(there.get().getKey());
            } else {
                requireRoom(host);
                session = new HostSession(
                        repository(terms.repositoryId()),
                        desk,
                        key,
                        terms,
                        request.fence(),
                        frameBytes,
                        new SentIds(settings.sent().resolve(fileName(key))),
                        settings.patience());
            }
            String token = token();
            byToken.put(token, new Open(host, session, settings.waits().nanoTime()));
            return session.answer(token);
        }
    }

    /** An agent that does not know vaults would send its content in clear (rule V4). */
    private static void requireOwnKeysNotWanted(JobTerms terms, String job) {
        if (terms.vault().isPresent()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "job " + job + " is one whose host encrypts itself, and this agent would not",
                    "Install the agent of the server's version on the host.");
        }
    }

    private void requireRoom(String host) {
        long open = byToken.values().stream()
                .filter(each -> each.host.equals(host) && each.session.isOpen())
                .count();
        if (open >= MOST_OF_A_HOST) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "this host has " + open + " backups under way", "Wait for one of them.");
        }
    }

    private Repository repository(Bytes id) {
        return repositories
                .apply(id)
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.NO_REPOSITORY, "repository " + id + " is not open at this media server"));
    }

    /** The session that this host names so. */
    HostSession find(String host, String token) {
        Open open = byToken.get(token);
        if (open == null || !open.host.equals(host)) {
            throw HoldfastException.notFound("there is no such session, or it is over");
        }
        open.usedAtNanos = settings.waits().nanoTime();
        return open.session;
    }

    private String token() {
        byte[] token = new byte[TOKEN_BYTES];
        settings.random().nextBytes(token);
        return HexFormat.of().formatHex(token);
    }

    private static String fileName(HostSession.Key key) {
        CborWriter text = new CborWriter();
        text.array(3 + key.paths().size())
                .text(key.host())
                .bytes(key.repositoryId().unsafeArray())
                .text(key.job());
        key.paths().forEach(path -> text.bytes(path.unsafeArray()));
        return HexFormat.of().formatHex(Sha256.digest().digest(text.toByteArray()));
    }

    private void watch() {
        try {
            while (true) {
                settings.waits().sleep(LOOK);
                expire();
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Gives up what nobody has asked for in a long time. */
    void expire() {
        long now = settings.waits().nanoTime();
        byToken.values().removeIf(open -> {
            boolean isIdle = now - open.usedAtNanos >= settings.idle().toNanos() && !open.session.isReceiving();
            if (isIdle) {
                end(open.session);
            }
            return isIdle;
        });
    }

    private static void end(HostSession session) {
        try {
            session.end();
        } catch (HoldfastException e) {
            // The store is away: the session object stays, and somebody fences it.
        }
    }

    private void clearAway() {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(settings.sent())) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file)
                        .toInstant()
                        .isBefore(settings.clock().instant().minus(OLD))) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            // There is none yet; or it stays until the next start.
        }
    }

    /** Gives up what is under way; what is durable need not be sent again. */
    @Override
    public void close() {
        watch.interrupt();
        new ArrayList<>(byToken.values()).forEach(open -> end(open.session));
        byToken.clear();
    }
}
