package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.protocol.machine.Enrolment;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.security.Identity;
import io.holdfast.security.MachineKeys;
import io.holdfast.security.Pem;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/** Who this machine is, by a certificate that is renewed when a third of its time is left. Thread-safe. */
public final class OwnCertificate implements AutoCloseable {
    private static final Duration BETWEEN_LOOKS = Duration.ofHours(1);

    private final AgentDirectory directory;
    private final InstantSource clock;
    private final MonotonicClock monotonic;
    private final SecureRandom random;
    private final EventLog log;
    private final Thread thread =
            Thread.ofVirtual().name("holdfast-certificate").unstarted(this::loop);
    private volatile Identity identity;
    private final MachineLink link;
    private volatile boolean closed;

    /** Reads it; a link that shows it may be made then. */
    public OwnCertificate(
            AgentDirectory directory,
            InstantSource clock,
            MonotonicClock monotonic,
            SecureRandom random,
            EventLog log) {
        this.directory = directory;
        this.clock = clock;
        this.monotonic = monotonic;
        this.random = random;
        this.log = log;
        this.identity = directory.identity();
        this.link = new MachineLink(
                directory.servers(), this::identity, identity.chain().getLast());
    }

    /** The newest one. */
    public Identity identity() {
        return identity;
    }

    /** To the control servers, with this certificate; closed with it. */
    public MachineLink link() {
        return link;
    }

    /** Begins to look whether it is old. */
    public void start() {
        thread.start();
    }

    /** Beside all work: a job may last longer than a certificate. */
    private void loop() {
        while (!closed) {
            try {
                renewIfOld();
            } catch (HoldfastException e) {
                if (e.code() == ErrorCode.INTERRUPTED) {
                    return;
                }
                log.warning("certificate not renewed", Map.of("why", String.valueOf(e.getMessage())));
            } catch (RuntimeException e) {
                log.error("a renewal met a defect", Map.of("defect", e.toString()));
            }
            try {
                monotonic.sleep(BETWEEN_LOOKS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void renewIfOld() {
        X509Certificate certificate = identity.certificate();
        Instant from = certificate.getNotBefore().toInstant();
        Instant until = certificate.getNotAfter().toInstant();
        Duration all = Duration.between(from, until);
        if (clock.instant().isBefore(until.minus(all.dividedBy(3)))) {
            return;
        }
        MachineKeys keys = MachineKeys.generate(random);
        Enrolment.Renewed renewed = link.ask(caller -> caller.send(
                "POST", "/machine/v1/certificate", new Enrolment.Renewal(keys.request()), Enrolment.Renewed.class));
        Identity young = new Identity(keys.key(), Pem.certificates(renewed.certificates(), "the server's answer"));
        directory.keep(young);
        identity = young;
        log.info(
                "certificate renewed",
                Map.of("until", young.certificate().getNotAfter().toInstant().toString()));
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        link.close();
    }
}
