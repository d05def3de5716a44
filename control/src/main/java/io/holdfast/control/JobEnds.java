package io.holdfast.control;

import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobState;
import io.holdfast.protocol.machine.Report;
import java.util.List;

/** Is told what has become of jobs, once of each. Thread-safe. */
public interface JobEnds {
    /** A job has ended for good. */
    void ended(Job job, JobState state);

    /** A backup has made this. */
    void saved(Job job, Report.Progress progress, List<Report.Made> made);
}
