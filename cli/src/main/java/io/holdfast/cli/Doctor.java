package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.ServerNow;
import io.holdfast.security.Authority;
import io.holdfast.security.Identity;
import io.holdfast.security.Pem;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLParameters;

/** Looks at an installation as it runs, and changes nothing of it. Not thread-safe. */
final class Doctor {
    private static final int LITTLE_FREE = 10;
    private static final int NOTHING_FREE = 1;
    private static final long LEAST_FREE = 64L << 20;
    private static final Duration CLOCK_DIFFERS = Duration.ofSeconds(30);
    /** Certificates that are signed now are valid since an hour. */
    private static final Duration CLOCK_IS_WRONG = Duration.ofMinutes(50);
    /** It is renewed when a third is left; each hour is tried again. */
    private static final Duration MACHINE_OVERDUE =
            Authority.MACHINE_VALIDITY.dividedBy(3).minusHours(6);
    /** It is renewed 60 days before its end. */
    private static final Duration SERVER_OVERDUE = Duration.ofDays(50);

    private static final Duration AUTHORITY_OLD = Duration.ofDays(365);

    private final InstantSource clock;
    private final List<Finding> findings = new ArrayList<>();

    Doctor(InstantSource clock) {
        this.clock = clock;
    }

    /** @param configured where it listens as far as its configuration says */
    List<Finding> server(ServerDirectory directory, String configured) {
        program();
        if (!data(directory.root(), directory.isServer(), "no server was made here", "Make one: holdfast server.")) {
            return findings;
        }
        space(directory.root());
        X509Certificate authority;
        try {
            authority = ServerProbe.certificate(directory.authority().resolve("authority.pem"));
            certificate(
                    "authority",
                    authority,
                    AUTHORITY_OLD,
                    "Plan its successor: a new server, at which all machines enrol again.");
            serverCertificate(directory);
        } catch (HoldfastException e) {
            findings.add(Finding.problem("certificate", e));
            return findings;
        }
        AgentDirectory own = new AgentDirectory(directory.agent());
        // Where it runs already, it may have been started with other options than the file has.
        String address = own.isEnrolled() ? own.servers().getFirst() : configured;
        if (!reach(address, authority)) {
            return findings;
        }
        try (HttpCaller caller = new HttpCaller(
                ServerAccess.uri("https://" + address),
                ServerAccess.trust(authority),
                new SSLParameters(),
                Optional.empty())) {
            ready(caller, Finding.State.PROBLEM);
        }
        if (own.isEnrolled()) {
            restarted(own.identity(), address);
        }
        return findings;
    }

    List<Finding> agent(AgentDirectory directory) {
        return machine(
                directory,
                "this machine is not enrolled",
                "holdfast agent enroll",
                "The agent renews it: start it (systemctl start holdfast-agent); once it has ended, enrol this machine again.");
    }

    List<Finding> media(AgentDirectory directory) {
        return machine(
                directory,
                "no media server has joined here",
                "holdfast media join",
                "The media server renews it: start it (systemctl start holdfast-media); once it has ended, join again.");
    }

    /**
     * @param missing what is wrong where it never came in
     * @param joining the command that brings it in
     * @param renewing what to do where its certificate is old
     */
    private List<Finding> machine(AgentDirectory directory, String missing, String joining, String renewing) {
        program();
        if (!data(
                directory.root(),
                directory.isEnrolled(),
                missing,
                "Ask the server for a token, then: " + joining + " https://SERVER --token TOKEN.")) {
            return findings;
        }
        space(directory.root());
        Identity identity;
        List<String> servers;
        try {
            identity = directory.identity();
            servers = directory.servers();
        } catch (HoldfastException e) {
            findings.add(Finding.problem("certificate", e));
            return findings;
        }
        boolean isValid = certificate("certificate", identity.certificate(), MACHINE_OVERDUE, renewing);
        for (String server : servers) {
            if (reach(server, identity.chain().getLast()) && isValid) {
                asMachine(identity, server);
            }
        }
        return findings;
    }

    /** Whether what runs is what is installed. */
    private void restarted(Identity own, String address) {
        try {
            String running =
                    versionOfServer(own, address).map(ServerNow::version).orElse("older");
            String here = VersionCommand.program();
            findings.add(
                    running.equals(here)
                            ? Finding.ok("version", "what runs is what is installed")
                            : Finding.warning(
                                    "version",
                                    "the server that runs is " + running + ", and this program " + here,
                                    "Restart it: systemctl restart holdfast-server."));
        } catch (HoldfastException e) {
            findings.add(Finding.problem("enrolment", e));
        }
    }

    private void program() {
        findings.add(Finding.ok(
                "program",
                "holdfast " + VersionCommand.program() + ", Java " + System.getProperty("java.version", "")));
    }

    private boolean data(Path root, boolean isThere, String missing, String remedy) {
        if (Files.notExists(root)) {
            findings.add(Finding.problem("data", root + ": " + missing, remedy));
            return false;
        }
        Optional<HoldfastException> wrong = PrivateFiles.directory(root);
        findings.add(wrong.map(e -> Finding.problem("data", e))
                .orElseGet(() -> Finding.ok("data", root + " is its owner's alone")));
        if (!isThere && wrong.isEmpty()) {
            findings.add(Finding.problem("data", root + ": " + missing, remedy));
        }
        return isThere;
    }

    private void space(Path root) {
        try {
            FileStore store = Files.getFileStore(root);
            long free = store.getUsableSpace();
            long percent = store.getTotalSpace() == 0 ? 100 : (long) (100.0 * free / store.getTotalSpace());
            String text = Formats.size(free) + " (" + percent + " %) are free at " + root;
            String remedy = "Make room on that disk, or move the directory to a larger one.";
            findings.add(
                    percent < NOTHING_FREE || free < LEAST_FREE
                            ? Finding.problem("space", text, remedy)
                            : percent < LITTLE_FREE
                                    ? Finding.warning("space", text, remedy)
                                    : Finding.ok("space", text));
        } catch (IOException e) {
            findings.add(Finding.problem(
                    "space", root + " cannot be looked at: " + Reasons.text(e), "Check its disk and its rights."));
        }
    }

    private void serverCertificate(ServerDirectory directory) {
        Path file = directory.tls().resolve("server.pem");
        if (Files.exists(file)) {
            try {
                X509Certificate first =
                        Pem.certificates(SmallFiles.read(file), file.toString()).getFirst();
                certificate(
                        "certificate", first, SERVER_OVERDUE, "The server renews it: start it, and look at its log.");
            } catch (IOException e) {
                findings.add(Finding.problem(
                        "certificate", file + " cannot be read: " + Reasons.text(e), "Check its rights."));
            }
        }
    }

    private boolean certificate(String subject, X509Certificate certificate, Duration overdue, String remedy) {
        Instant end = certificate.getNotAfter().toInstant();
        Duration left = Duration.between(clock.instant(), end);
        String until = "valid until " + Formats.local(end);
        if (left.isNegative()) {
            findings.add(Finding.problem(subject, "it ended on " + Formats.local(end), remedy));
        } else if (left.compareTo(overdue) < 0) {
            findings.add(Finding.warning(subject, until, remedy));
        } else {
            findings.add(Finding.ok(subject, until));
        }
        return !left.isNegative();
    }

    private boolean reach(String address, X509Certificate authority) {
        List<Finding> steps = new ServerProbe(address, authority).look();
        findings.addAll(steps);
        return Finding.count(steps, Finding.State.PROBLEM) == 0;
    }

    /** What only a machine of the installation can ask, with its certificate. */
    private void asMachine(Identity identity, String server) {
        try {
            Instant before = clock.instant();
            Optional<ServerNow> answer = versionOfServer(identity, server);
            Instant after = clock.instant();
            findings.add(Finding.ok("enrolment", "the server knows this machine"));
            if (answer.isEmpty()) {
                findings.add(Finding.warning(
                        "version", "the server is older than this program", "Update the server before its agents."));
            } else {
                clock(before, after, answer.get().time());
                version(answer.get().version());
            }
            try (MachineLink link = new MachineLink(
                    List.of(server), () -> identity, identity.chain().getLast())) {
                link.ask(caller -> {
                    ready(caller, Finding.State.WARNING);
                    return true;
                });
            }
        } catch (HoldfastException e) {
            findings.add(
                    e.code() == ErrorCode.DENIED
                            ? Finding.problem(
                                    "enrolment",
                                    "the server does not take this machine: " + e.getMessage(),
                                    "Enrol it again: holdfast agent enroll https://SERVER --token TOKEN.")
                            : Finding.problem("enrolment", e));
        }
    }

    /** Empty where the server is of a version that does not tell. */
    private static Optional<ServerNow> versionOfServer(Identity identity, String server) {
        try (MachineLink link = new MachineLink(
                List.of(server), () -> identity, identity.chain().getLast())) {
            return Optional.of(link.ask(caller -> caller.get("/machine/v1/server", ServerNow.class)));
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void clock(Instant before, Instant after, Instant server) {
        // The server looked at its own in between.
        Duration off = server.isBefore(before)
                ? Duration.between(server, before)
                : server.isAfter(after) ? Duration.between(after, server) : Duration.ZERO;
        String text = "differs from that of the server by " + off.toSeconds() + " s";
        String remedy = "Have both machines set their clocks: chrony, or systemd-timesyncd.";
        findings.add(
                off.compareTo(CLOCK_IS_WRONG) > 0
                        ? Finding.problem("clock", text, remedy)
                        : off.compareTo(CLOCK_DIFFERS) > 0
                                ? Finding.warning("clock", text, remedy)
                                : Finding.ok("clock", text));
    }

    private void version(String server) {
        boolean isAhead = ModuleDescriptor.Version.parse(VersionCommand.program())
                        .compareTo(ModuleDescriptor.Version.parse(server))
                > 0;
        findings.add(
                isAhead
                        ? Finding.warning(
                                "version",
                                "the server is " + server + ", and older than this program",
                                "Update the server before its agents.")
                        : Finding.ok("version", "the server is " + server));
    }

    /** @param closed how bad it is when a repository is not open */
    private void ready(HttpCaller caller, Finding.State closed) {
        try {
            String text =
                    caller.stream("/readyz", "text/plain", in -> new String(in.readAllBytes(), StandardCharsets.UTF_8));
            List<String> shut =
                    text.lines().filter(line -> line.startsWith("repository ")).toList();
            shut.forEach(line -> findings.add(new Finding(
                    closed, "repositories", line, "'holdfast repository list' tells why; so does the server's log.")));
            if (shut.isEmpty()) {
                findings.add(Finding.ok("repositories", "the server has all of them open"));
            }
        } catch (HoldfastException e) {
            findings.add(Finding.problem("repositories", e));
        }
    }
}
