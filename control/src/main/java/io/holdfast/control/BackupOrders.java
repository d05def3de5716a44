package io.holdfast.control;

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
            case Plan.Source.Files files -> Source.files(files.paths(), files.excludes());
            case Plan.Source.Volume volume -> Source.volume(lastName(volume.path()), volume.path());
            case Plan.Source.Command command -> Source.command(command.name(), command.command());
            case Plan.Source.Databases databases ->
                Source.databases(
                        databases.make().word(),
                        databases.name(),
                        new JobOrder.Databases(
                                databases.databases(),
                                databases.excludes(),
                                databases.accounts(),
                                databases.connectionFile(),
                                databases.runAs()));
        };
    }

    /** Of a device or image: its snapshots have one file of that name. */
    private static String lastName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
