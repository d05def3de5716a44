package io.holdfast.control.watch;

import io.holdfast.catalog.Settings;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.protocol.api.AlertApi.NewTarget;
import io.holdfast.protocol.api.AlertApi.TargetView;
import io.holdfast.security.SealingKey;
import jakarta.mail.internet.AddressException;
import jakarta.mail.internet.InternetAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Who is told of alerts, as the catalog has them; their secrets are sealed there. Thread-safe. */
public final class Targets {
    private static final String PREFIX = "alert.target.";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final int MOST = 50;

    private final Settings settings;
    private final SealingKey sealing;

    /** @param sealed the secret, in hexadecimal digits */
    private record Stored(NewTarget target, Optional<String> sealed) {}

    public Targets(Settings settings, SealingKey sealing) {
        this.settings = settings;
        this.sealing = sealing;
    }

    private static String purpose(String name) {
        return "alert target " + name;
    }

    /**
     * Puts one under its name.
     *
     * @throws HoldfastException {@code USAGE} where it cannot work, {@code REFUSED} where there is one of this name
     */
    public TargetView add(NewTarget wish) {
        if (!NAME.matcher(wish.name()).matches()) {
            throw HoldfastException.usage(
                    "'" + wish.name() + "' is no name of a target", "Write 1 to 63 letters, digits, dots, _ or -.");
        }
        var ignored = opened(wish, wish.secret());
        SortedMap<String, Stored> all = all();
        if (all.containsKey(wish.name()) || all.size() >= MOST) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    all.size() >= MOST
                            ? "there are " + MOST + " targets already"
                            : "there is a target '" + wish.name() + "' already",
                    "Remove one first.");
        }
        Optional<String> sealed = wish.secret()
                .map(secret -> sealing.seal(secret.getBytes(StandardCharsets.UTF_8), purpose(wish.name()))
                        .toHex());
        NewTarget withoutSecret = new NewTarget(
                wish.name(),
                wish.kind(),
                wish.url(),
                wish.server(),
                wish.security(),
                wish.user(),
                wish.from(),
                wish.to(),
                Optional.empty(),
                wish.authority());
        settings.put(PREFIX + wish.name(), Json.text(new Stored(withoutSecret, sealed)));
        return view(new Stored(withoutSecret, sealed));
    }

    /** All, in the order of their names. */
    public List<TargetView> list() {
        return all().values().stream().map(Targets::view).toList();
    }

    /** Whether it was there. */
    public boolean remove(String name) {
        return settings.remove(PREFIX + name);
    }

    /**
     * Tells one of them that this is a test.
     *
     * @throws HoldfastException {@code NOT_FOUND}, or {@code STORE_UNREACHABLE} where it could not be told
     */
    public void test(String name, Instant now) {
        Target target = named(name).orElseThrow(() -> HoldfastException.notFound("there is no target '" + name + "'"));
        try {
            target.tell(Notice.test(now));
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.STORE_UNREACHABLE,
                    "target '" + name + "' cannot be told: " + why(e),
                    "Check its address, and what its server says.",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(ErrorCode.INTERRUPTED, "stopped while telling '" + name + "'", "Try again.", e);
        }
    }

    static String why(IOException e) {
        String message = e.getMessage();
        return message == null || message.isBlank() ? e.getClass().getSimpleName() : message;
    }

    List<String> names() {
        return List.copyOf(all().keySet());
    }

    /** @throws HoldfastException {@code WRONG_KEY} where its secret was sealed by another host key */
    Optional<Target> named(String name) {
        return Optional.ofNullable(all().get(name))
                .map(stored -> opened(
                        stored.target(),
                        stored.sealed()
                                .map(hex -> new String(
                                        sealing.open(Bytes.ofHex(hex), purpose(name)), StandardCharsets.UTF_8))));
    }

    private SortedMap<String, Stored> all() {
        SortedMap<String, Stored> targets = new TreeMap<>();
        settings.all().forEach((key, value) -> {
            if (key.startsWith(PREFIX)) {
                targets.put(key.substring(PREFIX.length()), Json.parse(value, Stored.class));
            }
        });
        return targets;
    }

    private static TargetView view(Stored stored) {
        NewTarget target = stored.target();
        return new TargetView(
                target.name(),
                target.kind(),
                target.url(),
                target.server(),
                target.security(),
                target.user(),
                target.from(),
                target.to(),
                stored.sealed().isPresent());
    }

    private static Target opened(NewTarget wish, Optional<String> secret) {
        return switch (wish.kind()) {
            case "webhook" -> new Webhook(address(wish.url().orElse("")), secret, wish.authority());
            case "email" -> mail(wish, secret);
            default ->
                throw HoldfastException.usage("'" + wish.kind() + "' is no kind of target", "Write webhook or email.");
        };
    }

    private static URI address(String text) {
        try {
            URI url = URI.create(text);
            if (("https".equals(url.getScheme()) || "http".equals(url.getScheme()))
                    && url.getHost() != null
                    && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw HoldfastException.usage("a webhook needs a URL", "Write https://HOST/PATH, without a password in it.");
    }

    private static Mail mail(NewTarget wish, Optional<String> password) {
        Mail.Security security = security(wish.security().orElse("starttls"));
        if (password.isPresent() && security == Mail.Security.NONE) {
            throw HoldfastException.usage(
                    "a password would be sent for everybody to read", "Write --security starttls or tls.");
        }
        if (wish.user().isPresent() != password.isPresent()) {
            throw HoldfastException.usage(
                    "a user of a mail server needs a password, and a password a user", "Name both or none.");
        }
        if (wish.to().isEmpty()) {
            throw HoldfastException.usage("an e-mail goes to somebody", "Name one at least with --to.");
        }
        String from = checked(wish.from().orElse(""));
        List<String> to = wish.to().stream().map(Targets::checked).toList();
        String server = wish.server().orElse("");
        int colon = server.lastIndexOf(':');
        try {
            String host = colon < 0 ? server : server.substring(0, colon);
            int port = colon < 0
                    ? security == Mail.Security.TLS ? 465 : 587
                    : Integer.parseInt(server.substring(colon + 1));
            if (!host.isBlank() && port > 0 && port < 65_536) {
                return new Mail(host, port, security, wish.user(), password, from, to, wish.authority());
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw HoldfastException.usage("'" + server + "' is no mail server", "Write HOST or HOST:PORT.");
    }

    private static Mail.Security security(String word) {
        for (Mail.Security security : Mail.Security.values()) {
            if (security.name().toLowerCase(Locale.ROOT).equals(word)) {
                return security;
            }
        }
        throw HoldfastException.usage("'" + word + "' is no security", "Write starttls, tls or none.");
    }

    private static String checked(String address) {
        try {
            InternetAddress parsed = new InternetAddress(address, true);
            parsed.validate();
            return address;
        } catch (AddressException e) {
            throw HoldfastException.usage("'" + address + "' is no e-mail address", "Write NAME@HOST.");
        }
    }
}
