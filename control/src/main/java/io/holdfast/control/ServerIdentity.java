package io.holdfast.control;

import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.Pem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The server's own key and certificate: made anew when it is called by other names, or before it expires. Thread-safe. */
final class ServerIdentity {
    private static final Duration RENEWED_BEFORE = Duration.ofDays(60);

    private final Authority authority;
    private final Path directory;
    private final List<String> names;
    private final InstantSource clock;
    private volatile Identity identity;

    ServerIdentity(Authority authority, Path directory, List<String> names, InstantSource clock) {
        this.authority = authority;
        this.directory = directory;
        this.names = List.copyOf(names);
        this.clock = clock;
        this.identity = kept();
    }

    Identity current() {
        return identity;
    }

    /** To be called now and then. */
    void renewIfOld() {
        if (!isYoung(identity.certificate())) {
            identity = made();
        }
    }

    private Identity kept() {
        if (Files.exists(chain())) {
            Identity there = Pem.read(key(), chain());
            boolean isOurs = there.chain().getLast().equals(authority.certificate());
            if (isOurs
                    && isYoung(there.certificate())
                    && names(there.certificate()).containsAll(names)) {
                return there;
            }
        }
        return made();
    }

    private Identity made() {
        Identity made = authority.forServer(names);
        Pem.write(made, key(), chain());
        return made;
    }

    private boolean isYoung(X509Certificate certificate) {
        Instant until = certificate.getNotAfter().toInstant();
        return clock.instant().isBefore(until.minus(RENEWED_BEFORE));
    }

    private static Set<String> names(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null
                    ? Set.of()
                    : names.stream().map(name -> String.valueOf(name.get(1))).collect(Collectors.toSet());
        } catch (CertificateParsingException e) {
            return Set.of();
        }
    }

    private Path key() {
        return directory.resolve("server.key");
    }

    private Path chain() {
        return directory.resolve("server.pem");
    }
}
