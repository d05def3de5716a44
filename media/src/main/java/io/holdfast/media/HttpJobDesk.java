package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.SnapshotText;
import io.holdfast.protocol.machine.JobOrder.Storing;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.MediaChannel.Committed;
import io.holdfast.protocol.machine.MediaChannel.JobQuestion;
import io.holdfast.protocol.machine.MediaChannel.Terms;
import io.holdfast.repository.snapshot.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** The control server over its channel for media servers. Safe for many threads. */
public final class HttpJobDesk implements JobDesk {
    private static final Duration CLOCKS_DIFFER = Duration.ofDays(1);

    /** What is answered no otherwise the next time. */
    private static final Set<ErrorCode> REFUSALS =
            Set.of(ErrorCode.FENCED, ErrorCode.NOT_FOUND, ErrorCode.REFUSED, ErrorCode.USAGE);

    private final MachineLink link;
    private final InstantSource clock;
    private final Runnable onCommit;
    /** What was committed and not heard. */
    private final Queue<Committed> untold = new ConcurrentLinkedQueue<>();

    /** @param onCommit told of each new snapshot; returns at once */
    public HttpJobDesk(MachineLink link, InstantSource clock, Runnable onCommit) {
        this.link = link;
        this.clock = clock;
        this.onCommit = onCommit;
    }

    @Override
    public JobTerms confirm(String host, String job, long fence) {
        JobQuestion question = new JobQuestion(host, job, fence);
        Terms terms = asked(caller -> caller.send("POST", "/machine/v1/media/confirm", question, Terms.class));
        if (terms.backup()
                .flatMap(backup -> backup.storing())
                .flatMap(Storing::lockFor)
                .isPresent()) {
            requireSoundClock(terms.now());
        }
        return JobTerms.of(host, terms);
    }

    /** The ends of locks come from the clock of who commits. */
    private void requireSoundClock(Instant theirs) {
        Instant now = clock.instant();
        if (Duration.between(theirs, now).abs().compareTo(CLOCKS_DIFFER) > 0) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "the clock of the media server says " + now + ", and that of the control server " + theirs,
                    "Set the clocks.");
        }
    }

    @Override
    public void committed(String host, String job, Snapshot snapshot, Taken taken) {
        Committed word = new Committed(
                host, job, SnapshotText.of(snapshot), taken.sentBytes(), taken.addedBytes(), taken.storedBytes());
        onCommit.run();
        untold.add(word);
        tell(word);
    }

    /** Tells what was committed and not heard, because the control server was away. To be called when it is there again. */
    public void tellAgain() {
        for (Committed word : untold) {
            tell(word);
        }
    }

    /**
     * Until it was heard, or refused.
     *
     * @throws HoldfastException where it was neither; then it is kept
     */
    private void tell(Committed word) {
        try {
            boolean ignored = asked(caller -> {
                caller.tell("POST", "/machine/v1/media/committed", word);
                return true;
            });
        } catch (HoldfastException e) {
            if (!REFUSALS.contains(e.code())) {
                throw e;
            }
            // Of a host or repository that was removed meanwhile.
        }
        boolean ignored = untold.remove(word);
    }

    /** Jobs about vaults are given to media servers in control servers' processes alone (docs/server.md). */
    @Override
    public void sealed(String host, String job, SealedSnapshot snapshot) {
        throw new HoldfastException(ErrorCode.REFUSED, "this media server has no vaults");
    }

    private <T> T asked(Function<HttpCaller, T> question) {
        return ask(link, question);
    }

    /**
     * Asks the control server.
     *
     * @throws HoldfastException {@code STORE_UNREACHABLE} also where it does not know this media server any more: hosts go to another one then
     */
    static <T> T ask(MachineLink link, Function<HttpCaller, T> question) {
        try {
            return link.ask(question);
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.DENIED) {
                throw e;
            }
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "the control server refuses this media server: " + e.getMessage(),
                    "Look whether it was removed: holdfast media list.",
                    e);
        }
    }
}
