package io.holdfast.control;

import io.holdfast.catalog.Certificates;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.MachineId;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.http.Exchange;
import io.holdfast.http.Handler;
import io.holdfast.http.HttpProblem;
import io.holdfast.security.CertificateMark;
import io.holdfast.security.MachineName;
import java.security.cert.X509Certificate;

/** Lets machines in whose certificate the catalog knows: one that was removed is refused at once, however long its certificate would be valid. Thread-safe. */
public final class MachineDoor {
    private final Certificates certificates;

    public MachineDoor(Certificates certificates) {
        this.certificates = certificates;
    }

    /** For hosts alone; the handler finds a {@link HostId}. */
    public Handler forHosts(Handler handler) {
        return exchange -> {
            if (!(admit(exchange) instanceof HostId host)) {
                throw HttpProblem.forbidden("only hosts ask for that");
            }
            exchange.attribute(HostId.class, host);
            handler.handle(exchange);
        };
    }

    /** For media servers alone; the handler finds a {@link MediaServerId}. */
    Handler forMediaServers(Handler handler) {
        return exchange -> {
            if (!(admit(exchange) instanceof MediaServerId server)) {
                throw HttpProblem.forbidden("only media servers ask for that");
            }
            exchange.attribute(MediaServerId.class, server);
            handler.handle(exchange);
        };
    }

    /** For any machine; the handler finds a {@link MachineId}. */
    Handler forMachines(Handler handler) {
        return exchange -> {
            exchange.attribute(MachineId.class, admit(exchange));
            handler.handle(exchange);
        };
    }

    private MachineId admit(Exchange exchange) {
        X509Certificate certificate = exchange.certificate()
                .orElseThrow(
                        () -> HttpProblem.unauthorized("machines show a certificate; ask under their server name"));
        MachineName name = MachineName.of(certificate)
                .orElseThrow(() -> HttpProblem.unauthorized("the certificate is none of a machine"));
        MachineId machine = switch (name.role()) {
            case HOST -> new HostId(name.id());
            case MEDIA -> new MediaServerId(name.id());
        };
        CertificateMark mark = CertificateMark.of(certificate);
        if (!certificates.admit(machine, mark.serial(), mark.publicKey())) {
            throw HttpProblem.unauthorized("the machine is not known, or its certificate does not count any more");
        }
        return machine;
    }

    static Certificates.Issued issued(X509Certificate certificate) {
        CertificateMark mark = CertificateMark.of(certificate);
        return new Certificates.Issued(
                mark.serial(), mark.publicKey(), certificate.getNotAfter().toInstant());
    }
}
