package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Json;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.machine.Errand;
import io.holdfast.protocol.machine.Errand.Failure;
import io.holdfast.protocol.machine.Errand.Next;
import io.holdfast.protocol.machine.Errand.Order;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.repository.ChunkId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Fetches what control servers want to have done here, does it, and brings the answers (docs/server.md, "Errands"). Thread-safe. */
final class ErrandRunner implements AutoCloseable {
    /** Of each control server: one long answer must not hold up all others. */
    private static final int AT_ONCE = 4;

    private static final Duration PAUSE = Duration.ofSeconds(2);

    private final LocalRepositories repositories;
    private final Function<String, MachineLink> links;
    private final MonotonicClock clock;
    private final EventLog log;
    private final Set<String> known = new HashSet<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final List<MachineLink> opened = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    /** @param links to a control server at an address */
    ErrandRunner(
            LocalRepositories repositories, Function<String, MachineLink> links, MonotonicClock clock, EventLog log) {
        this.repositories = repositories;
        this.links = links;
        this.clock = clock;
        this.log = log;
    }

    /** From now on the control servers at these addresses are asked, too: each knows only what is wanted by those who came to it. */
    synchronized void know(List<String> addresses) {
        for (String address : addresses) {
            if (!closed && known.add(address)) {
                for (int i = 0; i < AT_ONCE; i++) {
                    // One each: a link that finds a server again closes what others had open.
                    MachineLink link = links.apply(address);
                    opened.add(link);
                    threads.add(Thread.ofVirtual().name("holdfast-errand").start(() -> loop(link)));
                }
            }
        }
    }

    private void loop(MachineLink link) {
        while (!closed) {
            try {
                Next next = link.ask(caller -> caller.send("POST", "/machine/v1/media/errands", Map.of(), Next.class));
                next.order().ifPresent(order -> run(link, order));
                clock.sleep(Duration.ofSeconds(next.pauseSeconds()));
            } catch (InterruptedException e) {
                return;
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.INTERRUPTED || !pause()) {
                    return;
                }
            } catch (RuntimeException e) {
                log.error("an errand met a defect", Map.of("defect", e));
                if (!pause()) {
                    return;
                }
            }
        }
    }

    private boolean pause() {
        try {
            clock.sleep(PAUSE);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void run(MachineLink link, Order order) {
        String path = "/machine/v1/media/errands/" + order.id();
        byte[] answer;
        try {
            answer = answer(order);
        } catch (HoldfastException e) {
            Failure failure = new Failure(e.code().name(), String.valueOf(e.getMessage()), e.hint());
            boolean ignored = link.ask(caller -> {
                caller.tell("POST", path + "/failed", failure);
                return true;
            });
            return;
        }
        boolean ignored = link.ask(caller -> {
            try (var nothing = caller.exchange(path, answer, "application/json")) {
                return nothing.read() < 0;
            } catch (IOException e) {
                throw new HoldfastException(ErrorCode.STORE_UNREACHABLE, "the answer was not taken", null, e);
            }
        });
    }

    private byte[] answer(Order order) {
        String id = order.repositoryId();
        List<String> words = order.words();
        return switch (order.kind()) {
            case DETAILS -> Json.bytes(new Errand.Details(repositories.details(id, words)));
            case COMPLETE -> Json.bytes(new Errand.Complete(repositories.complete(id)));
            case FORGET -> {
                var done = repositories.forget(id, new HashSet<>(words));
                yield Json.bytes(new Errand.Forgotten(new ArrayList<>(done.forgotten()), done.kept()));
            }
            case SNAPSHOT -> {
                try (var open = repositories.browse(id, words.getFirst())) {
                    yield Json.bytes(SnapshotText.of(open.snapshot()));
                }
            }
            case CHUNK -> repositories.chunk(id, ChunkId.read(HexFormat.of().parseHex(words.getFirst()), 0));
            case BEGIN -> Json.bytes(repositories.begin(words.getFirst(), id, words.get(1)));
            case SERVE -> {
                ByteArrayOutputStream frames = new ByteArrayOutputStream();
                try {
                    repositories.serve(
                            words.getFirst(),
                            words.get(1),
                            Base64.getUrlDecoder().decode(words.get(3)),
                            words.get(2).equals("content"),
                            () -> frames);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                yield frames.toByteArray();
            }
            case END -> {
                repositories.end(words.getFirst(), words.get(1));
                yield new byte[0];
            }
        };
    }

    @Override
    public synchronized void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        opened.forEach(MachineLink::close);
    }
}
