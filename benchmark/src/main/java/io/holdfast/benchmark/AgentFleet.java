package io.holdfast.benchmark;

import io.holdfast.agent.Agent;
import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.BackupWork;
import io.holdfast.agent.Enroller;
import io.holdfast.agent.MediaConnections;
import io.holdfast.core.EventLog;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.security.Token;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The agents of many hosts in one process: each with a directory, a certificate and connections of its own, as if it were alone. Ends when its standard input does. */
public final class AgentFleet {
    private static final String PROGRAM = "benchmark";
    private static final SecureRandom RANDOM = new SecureRandom();

    private AgentFleet() {}

    /** @param arguments directory, server's URL, enrolment token, how many; those that are enrolled already start at once */
    public static void main(String[] arguments) throws IOException {
        Path place = Path.of(arguments[0]);
        URI server = URI.create(arguments[1]);
        Token token = Token.parse(arguments[2]);
        int count = Integer.parseInt(arguments[3]);
        List<Agent> agents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = "host%04d".formatted(i);
            AgentDirectory directory = new AgentDirectory(place.resolve(name));
            if (!directory.isEnrolled()) {
                String ignored = Enroller.enrol(directory, server, token, "host", name, RANDOM);
            }
            agents.add(start(directory));
        }
        System.out.println("ready");
        while (System.in.read() >= 0) {
            // Until whoever measures has enough.
        }
        System.err.println(agents.size() + " agents end");
        // One after the other they would take minutes, and nobody needs their farewell.
        Runtime.getRuntime().halt(0);
    }

    private static Agent start(AgentDirectory directory) {
        EventLog log = (level, what, details) -> {
            if (level != EventLog.Level.INFO) {
                System.err.println(directory.root().getFileName() + ": " + what + " " + details);
            }
        };
        RepositorySettings settings = RepositorySettings.of(
                        directory.cache(), PROGRAM, (what, why) -> log.warning(what, Map.of("why", why)))
                .withThreads(1);
        MediaConnections media = new MediaConnections(
                directory::servers,
                directory::identity,
                directory.identity().chain().getLast());
        return Agent.start(
                directory,
                new BackupWork(media, settings, List.of(), directory.root().resolve("tmp")),
                new Agent.Settings(PROGRAM, Map.of(), WallClock.system(), MonotonicClock.system(), RANDOM, log));
    }
}
