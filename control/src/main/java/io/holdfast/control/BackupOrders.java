package io.holdfast.control;

import io.holdfast.core.HoldfastException;
import io.holdfast.plan.Plan;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import java.util.List;

/** From a plan to what a host is told. */
final class BackupOrders {
    /** The repository that every server has. */
    static final String REPOSITORY = "main";

    private BackupOrders() {}

    static BackupOrder of(Plan plan) {
        return new BackupOrder(
                plan.name(),
                REPOSITORY,
                plan.sources().stream().map(BackupOrders::source).toList(),
                List.of(),
                JobOrder.Courtesy.NONE);
    }

    private static Source source(Plan.Source source) {
        return switch (source) {
            case Plan.Source.Files files -> new Source("files", "", files.paths(), files.excludes(), List.of());
            case Plan.Source.Volume volume ->
                new Source("volume", lastName(volume.path()), List.of(volume.path()), List.of(), List.of());
            case Plan.Source.Command command ->
                new Source("command", command.name(), List.of(), List.of(), command.command());
            case Plan.Source.Databases databases ->
                throw HoldfastException.usage(
                        "source '" + databases.name() + "' is of databases, which agents do not save yet",
                        "Save them with a command, such as [pg_dumpall, --clean].");
        };
    }

    /** Of a device or image: its snapshots have one file of that name. */
    private static String lastName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
