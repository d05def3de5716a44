package io.holdfast.agent;

import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.Report;

/** What an agent can do. */
public interface JobWork {
    /**
     * Does a job, on a thread of its own; who wants it to stop interrupts that.
     *
     * @throws io.holdfast.core.HoldfastException where it cannot be done
     * @throws InterruptedException where it was stopped
     */
    Report.End run(JobOrder order, JobWatch watch) throws InterruptedException;
}
