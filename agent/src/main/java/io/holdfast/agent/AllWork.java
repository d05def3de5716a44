package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.Report;

/** Everything that this agent can do, each by whom it is for. */
public record AllWork(JobWork backup, JobWork restore) implements JobWork {
    @Override
    public Report.End run(JobOrder order, JobWatch watch) throws InterruptedException {
        if (order.backup().isPresent()) {
            return backup.run(order, watch);
        }
        if (order.restore().isPresent()) {
            return restore.run(order, watch);
        }
        throw new HoldfastException(
                ErrorCode.FAILED,
                "this agent does not know how to do this job",
                "Install the agent of the server's version.");
    }
}
