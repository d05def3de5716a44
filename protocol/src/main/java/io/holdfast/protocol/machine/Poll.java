package io.holdfast.protocol.machine;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A machine's question for work. */
public final class Poll {
    private Poll() {}

    /**
     * @param version of the program on the machine
     * @param facts such as {@code os} and {@code cores}, for people
     * @param fresh whether the agent has just been started: what it had at work before, it has not any more
     */
    public record Question(String version, Map<String, String> facts, boolean fresh) {}

    /**
     * @param order a job of this machine, taken for it
     * @param pauseSeconds how long to wait before the next question; 0 for at once
     * @param servers host and port of each control server that says under which name it is reached; an agent asks these where its own does not answer
     */
    public record Answer(Optional<JobOrder> order, long pauseSeconds, List<String> servers) {
        public Answer {
            servers = List.copyOf(servers);
        }
    }
}
