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
     * @param running what it has at work, so that what the server takes for running and it does not is found
     * @param free how many jobs more it can take
     */
    public record Question(String version, Map<String, String> facts, List<Running> running, int free) {}

    /** A job that is at work. */
    public record Running(String job, long fence) {}

    /**
     * @param order a job of this machine, taken for it
     * @param pauseSeconds how long to wait before the next question; 0 for at once
     */
    public record Answer(Optional<JobOrder> order, long pauseSeconds) {}
}
