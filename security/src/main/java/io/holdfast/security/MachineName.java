package io.holdfast.security;

import java.net.URI;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Who a machine is, as its certificate says: {@code holdfast:host:<id>} or {@code holdfast:media:<id>} among its alternative names.
 *
 * @param id 32 hexadecimal digits
 */
public record MachineName(Role role, String id) {
    /** The server name (SNI) under which machines come. */
    public static final String SERVER_NAME = "machines.holdfast.internal";

    private static final String MEDIA_DOMAIN = ".media.holdfast.internal";
    private static final int URI_NAME = 6;

    /** What a machine does. */
    public enum Role {
        /** Has an agent. */
        HOST,
        /** Keeps repositories. */
        MEDIA
    }

    public MachineName {
        if (!id.matches("[0-9a-f]{32}")) {
            throw new IllegalArgumentException("no id of a machine: " + id);
        }
    }

    String uri() {
        return "holdfast:" + role.name().toLowerCase(Locale.ROOT) + ":" + id;
    }

    /** The server name (SNI) under which hosts come to a media server: its certificate alone has it. */
    public static String mediaServerName(String id) {
        return new MachineName(Role.MEDIA, id).id() + MEDIA_DOMAIN;
    }

    /** The name in a certificate that the authority signed; empty where it is none of a machine. */
    public static Optional<MachineName> of(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return Optional.empty();
        }
        if (names == null) {
            return Optional.empty();
        }
        for (List<?> name : names) {
            if (name.get(0) instanceof Integer type && type == URI_NAME && name.get(1) instanceof String uri) {
                Optional<MachineName> machine = parse(uri);
                if (machine.isPresent()) {
                    return machine;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<MachineName> parse(String uri) {
        String[] parts = URI.create(uri).toString().split(":", -1);
        if (parts.length != 3 || !parts[0].equals("holdfast") || !parts[2].matches("[0-9a-f]{32}")) {
            return Optional.empty();
        }
        return switch (parts[1]) {
            case "host" -> Optional.of(new MachineName(Role.HOST, parts[2]));
            case "media" -> Optional.of(new MachineName(Role.MEDIA, parts[2]));
            default -> Optional.empty();
        };
    }
}
