package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks whether what starts with a configuration file would find what it needs. Changes nothing. Not thread-safe. */
final class ConfigurationCheck {
    private static final Pattern PLACE = Pattern.compile("(?::\\d+)?");
    private static final Pattern PASSWORD = Pattern.compile("[?&](?:ssl)?password=");

    private final Environment environment;
    private final MachineRole role;
    private final Path file;
    private final List<Finding> findings = new ArrayList<>();

    private ConfigurationCheck(Environment environment, MachineRole role, Path file) {
        this.environment = environment;
        this.role = role;
        this.file = file;
    }

    /** What is wrong, or may be; nothing where all is well. */
    static List<Finding> of(Environment environment, MachineRole role, Path file) {
        ConfigurationCheck check = new ConfigurationCheck(environment, role, file);
        check.look();
        return check.findings;
    }

    private void look() {
        ConfigurationReader reader;
        try {
            reader = ConfigurationReader.read(role, file);
        } catch (HoldfastException e) {
            add(Finding.State.PROBLEM, e);
            return;
        }
        reader.problems().forEach(e -> add(Finding.State.PROBLEM, e));
        PrivateFiles.unwritable(file).ifPresent(e -> add(Finding.State.PROBLEM, e));
        Configuration configuration = reader.configuration();
        Path data = configuration.data().orElse(role.data(environment));
        data(reader, data);
        if (role == MachineRole.SERVER) {
            catalog(reader, configuration);
            listen(reader, configuration, data);
        } else {
            enrolled(reader, data);
        }
    }

    private void enrolled(ConfigurationReader reader, Path data) {
        if (!new AgentDirectory(data).isEnrolled()) {
            boolean isMedia = role == MachineRole.MEDIA;
            add(
                    Finding.State.WARNING,
                    reader.at(
                            "data",
                            (isMedia ? "no media server has joined in " : "this machine is not enrolled in ") + data,
                            "Ask the server for a token, then: holdfast "
                                    + (isMedia ? "media join" : "agent enroll")
                                    + " https://SERVER --token TOKEN."));
        }
    }

    private void data(ConfigurationReader reader, Path data) {
        if (!Files.notExists(data)) {
            PrivateFiles.directory(data).ifPresent(e -> problem(reader, "data", e));
            return;
        }
        Path above = data.toAbsolutePath().normalize();
        while (above.getParent() != null && Files.notExists(above)) {
            above = above.getParent();
        }
        if (!Files.isDirectory(above) || !Files.isWritable(above)) {
            add(
                    Finding.State.PROBLEM,
                    reader.at("data", data + " cannot be made in " + above, "Check the path and its rights."));
        }
    }

    private void catalog(ConfigurationReader reader, Configuration configuration) {
        configuration
                .catalogPasswordFile()
                .flatMap(secret -> {
                    try {
                        return SmallFiles.firstLine(secret, "the file").isEmpty()
                                ? Optional.of(HoldfastException.usage(
                                        secret + " has no password in its first line", "Write it there."))
                                : PrivateFiles.secret(secret);
                    } catch (HoldfastException e) {
                        return Optional.of(e);
                    }
                })
                .ifPresent(e -> problem(reader, "catalog-password-file", e));
        if (configuration.catalog().filter(url -> PASSWORD.matcher(url).find()).isPresent()) {
            PrivateFiles.secret(file)
                    .ifPresent(e -> add(
                            Finding.State.PROBLEM,
                            reader.at(
                                    "catalog",
                                    "there is a password in it, and " + e.getMessage(),
                                    "Put it into a file of its own, and name that with catalog-password-file.")));
        }
    }

    private void listen(ConfigurationReader reader, Configuration configuration, Path data) {
        InetSocketAddress address;
        try {
            address = ListenAddress.parse(configuration.listen().orElse(ListenAddress.DEFAULT));
        } catch (HoldfastException e) {
            problem(reader, "listen", e);
            return;
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(address);
        } catch (IOException e) {
            Optional<ServerProbe> own =
                    ServerProbe.ofServer(new ServerDirectory(data), ListenAddress.local(address, address.getPort()));
            if (own.isEmpty() || !own.get().reaches()) {
                add(
                        Finding.State.PROBLEM,
                        reader.at(
                                "listen",
                                "nothing can listen on " + address.getAddress().getHostAddress() + ":"
                                        + address.getPort() + ": " + e.getMessage(),
                                "Name another address or port, or end what listens there: ss -ltnp."));
            }
        }
    }

    private void problem(ConfigurationReader reader, String key, HoldfastException e) {
        add(
                Finding.State.PROBLEM,
                reader.at(key, String.valueOf(e.getMessage()), e.hint().orElse("")));
    }

    /** Errors of a file begin with their place. */
    private void add(Finding.State state, HoldfastException e) {
        String message = String.valueOf(e.getMessage());
        String place = file.toString();
        if (message.startsWith(place)) {
            Matcher line = PLACE.matcher(message).region(place.length(), message.length());
            int end = line.lookingAt() ? line.end() : place.length();
            if (message.startsWith(": ", end)) {
                findings.add(new Finding(
                        state,
                        message.substring(0, end),
                        message.substring(end + 2),
                        e.hint().orElse("")));
                return;
            }
        }
        findings.add(new Finding(state, place, message, e.hint().orElse("")));
    }
}
