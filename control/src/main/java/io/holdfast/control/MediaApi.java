package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.ServedRepositories;
import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.http.Json;
import io.holdfast.http.Router;
import io.holdfast.protocol.FrameStream;
import io.holdfast.protocol.machine.Errand;
import io.holdfast.protocol.machine.MediaChannel.Admission;
import io.holdfast.protocol.machine.MediaChannel.Admitted;
import io.holdfast.protocol.machine.MediaChannel.Answer;
import io.holdfast.protocol.machine.MediaChannel.Committed;
import io.holdfast.protocol.machine.MediaChannel.Held;
import io.holdfast.protocol.machine.MediaChannel.JobQuestion;
import io.holdfast.protocol.machine.MediaChannel.Question;
import io.holdfast.protocol.machine.MediaChannel.Served;
import io.holdfast.protocol.machine.MediaChannel.Terms;
import io.holdfast.security.SealingKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The control channel for media servers on machines of their own (docs/server.md, "Remote media servers"). Thread-safe. */
final class MediaApi {
    private static final Duration HELD = Duration.ofSeconds(25);
    /** Where something could not be opened, which the media server tries again then. */
    private static final Duration HELD_IN_TROUBLE = Duration.ofSeconds(10);

    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration PAUSE_AT_STOP = Duration.ofSeconds(2);

    private final Catalog catalog;
    private final SealingKey sealing;
    private final MediaDesk desk;
    private final Errands errands;
    private final ServerAddresses addresses;
    private final JobBell bell;
    private final MonotonicClock monotonic;

    /** @param bell tells when the server stops */
    MediaApi(
            Catalog catalog,
            SealingKey sealing,
            MediaDesk desk,
            Errands errands,
            ServerAddresses addresses,
            JobBell bell,
            MonotonicClock monotonic) {
        this.catalog = catalog;
        this.sealing = sealing;
        this.desk = desk;
        this.errands = errands;
        this.addresses = addresses;
        this.bell = bell;
        this.monotonic = monotonic;
    }

    void addTo(Router router) {
        MachineDoor door = new MachineDoor(catalog.certificates());
        router.add("POST", "/machine/v1/media/poll", door.forMediaServers(this::poll))
                .add("POST", "/machine/v1/media/admit", door.forMediaServers(this::admit))
                .add("POST", "/machine/v1/media/confirm", door.forMediaServers(this::confirm))
                .add("POST", "/machine/v1/media/committed", door.forMediaServers(this::committed))
                .add("POST", "/machine/v1/media/errands", door.forMediaServers(this::errand))
                .add("POST", "/machine/v1/media/errands/{id}", door.forMediaServers(this::errandDone))
                .add("POST", "/machine/v1/media/errands/{id}/failed", door.forMediaServers(this::errandFailed));
    }

    private static MediaServerId id(Exchange exchange) {
        return exchange.attribute(MediaServerId.class).orElseThrow();
    }

    private void errand(Exchange exchange) throws IOException {
        long until = monotonic.nanoTime() + HELD.toNanos();
        Optional<Errand.Order> order = Optional.empty();
        try {
            while (order.isEmpty() && !bell.isClosed() && monotonic.nanoTime() < until) {
                order = errands.next(id(exchange), LOOK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HttpProblem(503, "interrupted", "the server is about to stop", null);
        }
        exchange.answerJson(200, new Errand.Next(order, bell.isClosed() ? PAUSE_AT_STOP.toSeconds() : 0));
    }

    private void errandDone(Exchange exchange) throws IOException {
        byte[] answer = exchange.body(FrameStream.MAX_BYTES).readAllBytes();
        errands.answer(id(exchange), exchange.parameter("id"), answer);
    }

    private void errandFailed(Exchange exchange) throws IOException {
        errands.fail(id(exchange), exchange.parameter("id"), exchange.json(Errand.Failure.class));
    }

    private void poll(Exchange exchange) throws IOException {
        MediaServerId id = id(exchange);
        Question question = exchange.json(Question.class);
        note(id, question, exchange);
        Set<String> has = question.held().stream().map(Held::repositoryId).collect(Collectors.toSet());
        boolean isTrouble =
                question.held().stream().anyMatch(held -> held.trouble().isPresent());
        long until = monotonic.nanoTime() + (isTrouble ? HELD_IN_TROUBLE : HELD).toNanos();
        while (true) {
            List<RepositoryEntry> wanted = servedBy(id);
            boolean isNews = !has.equals(
                    wanted.stream().map(RepositoryEntry::repositoryId).collect(Collectors.toSet()));
            if (isNews || bell.isClosed() || monotonic.nanoTime() >= until) {
                answer(exchange, id, wanted, has);
                return;
            }
            try {
                monotonic.sleep(LOOK);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new HttpProblem(503, "interrupted", "the server is about to stop", null);
            }
        }
    }

    private void note(MediaServerId id, Question question, Exchange exchange) {
        MediaServer known = known(id);
        if (!known.url().equals(question.address())) {
            boolean ignored =
                    catalog.mediaServers().change(id, address(question.address()), known.site(), known.state());
        }
        catalog.mediaServers()
                .seen(id, question.version(), exchange.remoteAddress().getHostAddress(), Json.text(question.facts()));
        Map<String, Held> said = question.held().stream()
                .collect(Collectors.toMap(Held::repositoryId, held -> held, (one, same) -> one));
        List<ServedRepositories.Held> held = new ArrayList<>();
        for (RepositoryEntry entry : catalog.repositories().all()) {
            Held each = said.get(entry.repositoryId());
            if (each != null) {
                held.add(new ServedRepositories.Held(
                        id,
                        entry.name(),
                        each.trouble().orElse(""),
                        each.storedBytes(),
                        each.freeBytes().orElse(-1L),
                        each.totalBytes().orElse(-1L)));
            }
        }
        catalog.servedRepositories().note(id, held);
    }

    /** What agents are sent to is an address, and not the word for the control server's own process. */
    private static String address(String text) {
        if (!text.matches("[A-Za-z0-9._-]+:[0-9]{1,5}|\\[[0-9a-fA-F:.]+]:[0-9]{1,5}")) {
            throw HttpProblem.badRequest("'" + text + "' is no address of a media server: HOST:PORT");
        }
        return text;
    }

    private MediaServer known(MediaServerId id) {
        return catalog.mediaServers()
                .of(id)
                .orElseThrow(() -> HttpProblem.unauthorized("the media server is not known any more"));
    }

    /** Those of which the server has keys, and that name this one or none. */
    private List<RepositoryEntry> servedBy(MediaServerId id) {
        Map<String, Set<MediaServerId>> assigned = catalog.servedRepositories().assigned();
        return catalog.repositories().all().stream()
                .filter(entry -> entry.sealedKey() != null)
                .filter(entry -> assigned.getOrDefault(entry.name(), Set.of(id)).contains(id))
                .toList();
    }

    private void answer(Exchange exchange, MediaServerId id, List<RepositoryEntry> wanted, Set<String> has)
            throws IOException {
        Map<String, String> settings = catalog.settings().all();
        exchange.answerJson(
                200,
                new Answer(
                        known(id).name(),
                        wanted.stream()
                                .map(entry ->
                                        served(entry, has, RepositoriesElsewhere.isMaker(settings, id, entry.name())))
                                .toList(),
                        bell.isClosed() ? PAUSE_AT_STOP.toSeconds() : 0,
                        addresses.known()));
    }

    private Served served(RepositoryEntry entry, Set<String> has, boolean make) {
        Optional<String> key = has.contains(entry.repositoryId()) ? Optional.empty() : key(entry);
        return new Served(entry.repositoryId(), entry.name(), entry.url(), key, make);
    }

    private Optional<String> key(RepositoryEntry entry) {
        Bytes sealed = entry.sealedKey();
        return sealed == null
                ? Optional.empty()
                : Optional.of(new String(
                        sealing.open(sealed, RepositoryService.purpose(entry.name())), StandardCharsets.UTF_8));
    }

    private void admit(Exchange exchange) throws IOException {
        Admission question = exchange.json(Admission.class);
        boolean counts = question.host().matches("[0-9a-f]{32}")
                && catalog.certificates().admit(new HostId(question.host()), question.serial(), question.publicKey());
        exchange.answerJson(200, new Admitted(counts));
    }

    private void confirm(Exchange exchange) throws IOException {
        JobQuestion question = exchange.json(JobQuestion.class);
        requireServes(exchange, desk.repositoryOf(question.host(), question.job()));
        Terms terms = desk.confirm(question.host(), question.job(), question.fence());
        exchange.answerJson(200, terms);
    }

    private void committed(Exchange exchange) throws IOException {
        Committed word = exchange.json(Committed.class);
        requireServes(exchange, desk.repositoryOf(word.host(), word.job()));
        desk.made(word.host(), word.job(), word.snapshot().snapshot(), word.addedBytes(), word.storedBytes());
    }

    private void requireServes(Exchange exchange, String repository) {
        MediaServerId id = id(exchange);
        if (servedBy(id).stream().noneMatch(entry -> entry.name().equals(repository))) {
            throw new HttpProblem(
                    409,
                    "refused",
                    "this media server does not serve repository '" + repository + "'",
                    "Look who does: holdfast repository list.");
        }
    }
}
