package io.holdfast.media;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.MediaChannel.Admission;
import io.holdfast.protocol.machine.MediaChannel.Admitted;
import io.holdfast.security.CertificateMark;
import io.holdfast.security.MachineName;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Lets in hosts in whose certificates the control server knows (docs/server.md, "Remote media servers"). Thread-safe. */
public final class HostDoor {
    /** So old an answer may be that is used without a further question. */
    private static final Duration FRESH = Duration.ofSeconds(15);
    /** So long it counts where the control server cannot be asked: as a lease does. */
    private static final Duration COUNTS = Duration.ofSeconds(60);

    private static final int MANY = 4_096;

    private final MachineLink link;
    private final MonotonicClock clock;
    /** When the control server has said last that it knows a certificate. */
    private final Map<Admission, Long> admitted = new ConcurrentHashMap<>();

    public HostDoor(MachineLink link, MonotonicClock clock) {
        this.link = link;
        this.clock = clock;
    }

    /** For hosts alone. */
    public Handler forHosts(Handler handler) {
        return exchange -> {
            admit(exchange);
            handler.handle(exchange);
        };
    }

    private void admit(Exchange exchange) {
        X509Certificate certificate = exchange.certificate()
                .orElseThrow(
                        () -> HttpProblem.unauthorized("hosts show a certificate; ask under this media server's name"));
        MachineName name = MachineName.of(certificate)
                .filter(machine -> machine.role() == MachineName.Role.HOST)
                .orElseThrow(() -> HttpProblem.forbidden("only hosts ask for that"));
        CertificateMark mark = CertificateMark.of(certificate);
        Admission admission = new Admission(name.id(), mark.serial(), mark.publicKey());
        long now = clock.nanoTime();
        Optional<Duration> age = Optional.ofNullable(admitted.get(admission)).map(at -> Duration.ofNanos(now - at));
        if (age.filter(old -> old.compareTo(FRESH) < 0).isPresent()) {
            return;
        }
        try {
            Admitted answer = HttpJobDesk.ask(
                    link, caller -> caller.send("POST", "/machine/v1/media/admit", admission, Admitted.class));
            if (!answer.counts()) {
                admitted.remove(admission);
                throw HttpProblem.unauthorized("the machine is not known, or its certificate does not count any more");
            }
            keep(admission, now);
        } catch (HoldfastException e) {
            boolean goesOn = e.code() == ErrorCode.STORE_UNREACHABLE
                    && age.filter(old -> old.compareTo(COUNTS) < 0).isPresent();
            if (!goesOn) {
                throw HttpProblem.of(e);
            }
        }
    }

    private void keep(Admission admission, long now) {
        if (admitted.size() >= MANY) {
            admitted.values().removeIf(at -> now - at > COUNTS.toNanos());
        }
        admitted.put(admission, now);
    }
}
