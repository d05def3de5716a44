package io.holdfast.control;

import io.holdfast.core.ByteSize;
import io.holdfast.plan.BandwidthLimits;
import io.holdfast.plan.Conduct;
import io.holdfast.plan.Courtesy;
import io.holdfast.plan.Hook;
import io.holdfast.plan.Placement;
import io.holdfast.plan.Plan;
import io.holdfast.plan.Retries;
import io.holdfast.protocol.machine.JobConduct;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.JobOrder.Storing;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.DayOfWeek;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** From a plan to what a host is told. */
final class BackupOrders {
    /** The repository that every server has, and where plans go that name none. */
    static final String DEFAULT_REPOSITORY = "main";

    private BackupOrders() {}

    static BackupOrder of(Plan plan) {
        return new BackupOrder(
                plan.name(),
                repository(plan),
                plan.sources().stream().map(BackupOrders::source).toList(),
                List.of(),
                Optional.of(conduct(plan.conduct())),
                storing(plan.placement()),
                plan.placement().encryption() == Placement.Encryption.HOST
                        ? Optional.of(BackupOrder.BY_HOST)
                        : Optional.empty());
    }

    /** Where the snapshots of a plan go. */
    static String repository(Plan plan) {
        return plan.placement().repository().orElse(DEFAULT_REPOSITORY);
    }

    private static Optional<Storing> storing(Placement placement) {
        return placement.lock().isEmpty() && placement.dataClass().isEmpty()
                ? Optional.empty()
                : Optional.of(new Storing(placement.lock().map(RetentionSpan::text), placement.dataClass()));
    }

    private static JobConduct conduct(Conduct conduct) {
        Courtesy courtesy = conduct.courtesy();
        Retries retries = conduct.retries();
        return new JobConduct(
                conduct.before().stream().map(BackupOrders::hook).toList(),
                conduct.after().stream().map(BackupOrders::hook).toList(),
                conduct.limits().rules().stream().map(BackupOrders::limit).toList(),
                conduct.limits().zone().getId(),
                courtesy.equals(Courtesy.NONE)
                        ? Optional.empty()
                        : Optional.of(new JobConduct.Courtesy(
                                courtesy.nice(),
                                word(courtesy.io()),
                                courtesy.threads().orElse(0))),
                Optional.of(new JobConduct.Retries(
                        retries.count(),
                        retries.first().toSeconds(),
                        retries.longest().toSeconds())));
    }

    private static JobConduct.Hook hook(Hook hook) {
        return new JobConduct.Hook(
                hook.program(), hook.timeout().toSeconds(), word(hook.when()), word(hook.onFailure()));
    }

    private static JobConduct.Limit limit(BandwidthLimits.Rule rule) {
        return new JobConduct.Limit(
                rule.days().stream().map(DayOfWeek::getValue).sorted().toList(),
                rule.from().toString(),
                rule.to().toString(),
                rule.upload().map(ByteSize::bytes).orElse(0L),
                rule.download().map(ByteSize::bytes).orElse(0L));
    }

    private static String word(Enum<?> each) {
        return each.name().toLowerCase(Locale.ROOT);
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
