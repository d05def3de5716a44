package io.holdfast.media;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.MediaChannel.Answer;
import io.holdfast.protocol.machine.MediaChannel.Held;
import io.holdfast.protocol.machine.MediaChannel.Question;
import io.holdfast.protocol.machine.MediaChannel.Served;
import io.holdfast.repository.Repository;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Has those repositories open at a media server that the control server names (docs/server.md, "Remote media servers"), by a thread of its own. Their keys are in memory alone.
 * Thread-safe.
 */
public final class AssignedRepositories implements AutoCloseable {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    /** Between two attempts to open one that could not be opened. */
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private final MachineLink link;
    private final OpenRepositories open;
    private final Settings settings;
    private final Map<String, Assigned> byId = new ConcurrentHashMap<>();
    private final CountDownLatch told = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean closed;

    /**
     * What a media server says of itself.
     *
     * @param address host and port under which agents reach it
     * @param learn of the control servers that there are
     * @param changed told when a repository was opened
     */
    public record Settings(
            String version,
            String address,
            Map<String, String> facts,
            Consumer<List<String>> learn,
            Runnable changed,
            MonotonicClock clock,
            EventLog log) {}

    /** @param triedNanos when it was tried last to open it */
    private record Assigned(Served served, Optional<String> trouble, long triedNanos) {}

    private AssignedRepositories(MachineLink link, OpenRepositories open, Settings settings) {
        this.link = link;
        this.open = open;
        this.settings = settings;
        this.thread = Thread.ofPlatform().daemon().name("holdfast-assigned").unstarted(this::loop);
    }

    /** Begins to ask. */
    public static AssignedRepositories start(MachineLink link, OpenRepositories open, Settings settings) {
        AssignedRepositories assigned = new AssignedRepositories(link, open, settings);
        assigned.thread.start();
        return assigned;
    }

    /** Waits until the control server has said which repositories there are and knows of this media server what it needs; says whether that was so in time. */
    public boolean awaitKnown(Duration patience) throws InterruptedException {
        return told.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void loop() {
        Duration pause = Duration.ZERO;
        long rounds = 0;
        while (!closed) {
            try {
                settings.clock().sleep(pause);
                Answer answer = HttpJobDesk.ask(
                        link, caller -> caller.send("POST", "/machine/v1/media/poll", question(), Answer.class));
                settings.learn().accept(answer.servers());
                follow(answer.repositories());
                if (++rounds > 1 || answer.repositories().isEmpty()) {
                    // By now it has said what it has.
                    told.countDown();
                }
                pause = Duration.ofSeconds(answer.pauseSeconds());
            } catch (InterruptedException e) {
                return;
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.INTERRUPTED) {
                    return;
                }
                settings.log()
                        .warning(
                                "the control server says nothing of repositories",
                                Map.of("why", String.valueOf(e.getMessage())));
                pause = longer(pause);
            } catch (RuntimeException e) {
                settings.log().error("the media server met a defect", Map.of("defect", e));
                pause = longer(pause);
            }
        }
    }

    private static Duration longer(Duration pause) {
        return Duration.ofMillis(Math.clamp(pause.toMillis() * 2, 1_000, LONGEST_PAUSE.toMillis()));
    }

    private Question question() {
        List<Held> held = byId.values().stream().map(this::held).toList();
        return new Question(settings.version(), settings.address(), settings.facts(), held);
    }

    private Held held(Assigned assigned) {
        Served served = assigned.served();
        Optional<StoreRoom> room = StoreRoom.of(served.url());
        return new Held(
                served.repositoryId(),
                assigned.trouble(),
                open.of(Bytes.ofHex(served.repositoryId()))
                        .map(OpenRepositories::storedBytes)
                        .orElse(0L),
                room.map(StoreRoom::freeBytes),
                room.map(StoreRoom::totalBytes));
    }

    /** Opens what is new, and closes what is not to be open any more. */
    private void follow(List<Served> wanted) {
        Map<String, Served> wantedById =
                wanted.stream().collect(Collectors.toMap(Served::repositoryId, served -> served));
        byId.keySet().removeIf(id -> {
            boolean isOver = !wantedById.containsKey(id);
            if (isOver) {
                open.close(Bytes.ofHex(id));
            }
            return isOver;
        });
        for (Served served : wanted) {
            Assigned known = byId.get(served.repositoryId());
            if (known == null ? served.key().isPresent() : isDueAgain(known)) {
                byId.put(served.repositoryId(), opened(known == null ? served : known.served(), known));
            }
        }
    }

    private boolean isDueAgain(Assigned known) {
        return known.trouble().isPresent() && settings.clock().nanoTime() - known.triedNanos() >= AGAIN.toNanos();
    }

    private Assigned opened(Served served, @Nullable Assigned before) {
        long now = settings.clock().nanoTime();
        try {
            String key = served.key().orElseThrow();
            Credential credential = new Credential.Key(KeyFile.parse(key, "the key of repository " + served.name()));
            Repository repository = served.make() && !OpenRepositories.exists(served.url())
                    ? open.create(served.url(), Bytes.ofHex(served.repositoryId()), credential, "server")
                    : open.open(served.url(), credential);
            Bytes id = repository.keyring().repositoryId();
            if (!id.toHex().equals(served.repositoryId())) {
                open.close(id);
                throw new HoldfastException(
                        ErrorCode.REFUSED, "at " + served.url() + " lies another repository, " + id.toHex());
            }
            settings.log().info("repository open", Map.of("repository", served.name(), "at", served.url()));
            settings.changed().run();
            return new Assigned(served, Optional.empty(), now);
        } catch (HoldfastException e) {
            String why = String.valueOf(e.getMessage());
            if (before == null || !before.trouble().equals(Optional.of(why))) {
                settings.log().warning("repository cannot be opened", Map.of("repository", served.name(), "why", why));
            }
            return new Assigned(served, Optional.of(why), now);
        }
    }

    /** Asks no more. What is open stays so. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
