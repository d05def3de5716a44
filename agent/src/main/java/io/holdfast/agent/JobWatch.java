package io.holdfast.agent;

import io.holdfast.protocol.machine.Report;
import java.util.ArrayList;
import java.util.List;

/** Gathers how far a job is and what happens in it, until that is told. Thread-safe. */
public final class JobWatch {
    /** More than a server keeps of one job; the last ones of a flood say nothing new. */
    private static final int MAX_EVENTS = 2_000;

    /** Those that matter find room last. */
    private static final int MAX_WARNINGS = 1_900;

    private static final int MAX_NOTES = 1_500;

    private Report.Progress progress = Report.Progress.NONE;
    private final List<Report.Event> events = new ArrayList<>();

    private final List<Report.Made> made = new ArrayList<>();

    /** A snapshot is there, whatever becomes of the rest of the job. */
    public synchronized void made(Report.Made snapshot) {
        made.add(snapshot);
    }

    synchronized List<Report.Made> made() {
        return List.copyOf(made);
    }

    public synchronized void progress(Report.Progress now) {
        progress = now;
    }

    public synchronized void event(String level, String path, String text) {
        int room = level.equals("error") ? MAX_EVENTS : level.equals("warning") ? MAX_WARNINGS : MAX_NOTES;
        if (events.size() < room) {
            events.add(new Report.Event(level, path, text));
        }
    }

    synchronized Report.Progress progress() {
        return progress;
    }

    /** The events from this one on. */
    synchronized List<Report.Event> events(int from) {
        return List.copyOf(events.subList(from, events.size()));
    }
}
