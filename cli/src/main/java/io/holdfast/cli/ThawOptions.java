package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.repository.Repository;
import io.holdfast.repository.thaw.PackNeeds;
import io.holdfast.repository.thaw.ThawPlan;
import io.holdfast.repository.thaw.Thawing;
import io.holdfast.storage.Availability;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ThawRequest;
import io.holdfast.storage.ThawTier;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options about data in archive classes, shared by the commands that read it, and what these do before they read. */
final class ThawOptions {
    private static final int DEFAULT_DAYS = 7;

    @Option(
            names = "--estimate",
            description = "Only says what would be read, what of it is archived, and how long it takes.")
    private boolean estimate;

    @Option(
            names = "--thaw",
            paramLabel = "TIER",
            description = "Asks for what is archived and waits for it: bulk, standard or expedited.")
    private @Nullable String tier;

    @Option(
            names = "--thaw-days",
            paramLabel = "N",
            description = "What is thawed stays readable so long (default: 7).")
    private @Nullable Integer days;

    @Option(names = "--thaw-faster", description = "Asks also for what is being thawed, at a slower tier.")
    private boolean faster;

    @Option(names = "--no-wait", description = "Asks, and ends with 6 where it has to be waited for.")
    private boolean noWait;

    /** Told before anything is opened. */
    void check() {
        if (tier == null && (days != null || faster || noWait)) {
            throw HoldfastException.usage(
                    "--thaw-days, --thaw-faster or --no-wait without --thaw", "Say how fast: --thaw bulk or standard.");
        }
        if (estimate && tier != null) {
            throw HoldfastException.usage(
                    "--estimate and --thaw together", "Look with --estimate first, then ask with --thaw.");
        }
        if (tier != null) {
            ThawRequest ignored = request(tier);
        }
    }

    /** Whether anything was asked for. */
    boolean isGiven() {
        return estimate || tier != null;
    }

    /** Whether something is useful that reads nothing in the end. */
    boolean mayReadNothing() {
        return estimate || noWait;
    }

    boolean isEstimate() {
        return estimate;
    }

    private ThawRequest request(String text) {
        int stays = days == null ? DEFAULT_DAYS : days;
        if (stays < 1) {
            throw HoldfastException.usage("--thaw-days " + stays + " is too short", "Write a day at least.");
        }
        return Arrays.stream(ThawTier.values())
                .filter(each -> name(each).equals(text))
                .findFirst()
                .map(each -> new ThawRequest(each, stays))
                .orElseThrow(() -> HoldfastException.usage(
                        "--thaw " + text + " is not known", "Use bulk, standard or expedited."));
    }

    private static String name(ThawTier tier) {
        return tier.name().toLowerCase(Locale.ROOT);
    }

    /** Whether {@link #prepare} has to know what is needed. */
    boolean wants(PackNeeds needs) {
        return estimate || needs.mayAnyBeArchived();
    }

    /**
     * Sees to it that what is needed can be read.
     *
     * @param what needs it, for messages
     * @return whether to go on and read
     * @throws HoldfastException {@code REFUSED} where it cannot, and nobody said {@code --thaw}; {@code THAWING} where it cannot yet, and nobody wants to wait
     */
    boolean prepare(RootCommand root, Repository repository, String what, PackNeeds needs) {
        if (needs.unknownChunks() == 0) {
            return prepare(root, repository, what, needs.look());
        }
        String missing = what + " needs "
                + Formats.count(needs.unknownChunks(), "chunk that is", "chunks that are")
                + " in no pack that the index knows";
        if (isGiven()) {
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    missing + "; nothing was asked for",
                    "'holdfast repair' indexes the packs that the index has lost, with --thaw also archived ones.");
        }
        root.messages().warning("index", missing);
        return prepare(root, repository, what, needs.look());
    }

    /** The same for packs that are known already. */
    boolean prepare(RootCommand root, Repository repository, String what, ThawPlan plan) {
        if (estimate) {
            report(root.messages(), repository, plan);
            return false;
        }
        if (plan.isReadable()) {
            return true;
        }
        if (tier == null) {
            throw refusal(what, plan);
        }
        ThawRequest request = request(tier);
        Thawing thawing = new Thawing(repository.store(), MonotonicClock.system());
        ThawPlan asked = thawing.ask(plan, request, faster);
        tellAsked(root.messages(), repository, request, plan, asked);
        if (noWait && !asked.isReadable()) {
            ThawPlan.Sum left = asked.sum(Availability.THAWING);
            throw new HoldfastException(
                    ErrorCode.THAWING,
                    what + " needs " + packs(left) + " that are being thawed",
                    "Run the same command later, with or without --no-wait; nothing is asked for twice.");
        }
        await(root, thawing, asked, request);
        return true;
    }

    private static void await(RootCommand root, Thawing thawing, ThawPlan asked, ThawRequest request) {
        try (ProgressLine progress = ProgressLine.start(root, "Thawing")) {
            progress.totalBytes.set(asked.all().bytes());
            progress.bytes.set(asked.sum(Availability.READABLE).bytes());
            thawing.await(asked, request, now -> {
                progress.bytes.set(now.sum(Availability.READABLE).bytes());
                if (root.isVerbose()) {
                    root.messages()
                            .note("thawed " + now.sum(Availability.READABLE).packs() + " of " + packs(now.all()));
                }
            });
            progress.close();
            root.messages()
                    .object(JsonLine.of("thawed")
                            .with("packs", asked.all().packs())
                            .with("bytes", asked.all().bytes())
                            .with("seconds", progress.elapsed().toMillis() / 1000.0));
        }
    }

    private static HoldfastException refusal(String what, ThawPlan plan) {
        ThawPlan.Sum archived = plan.sum(Availability.ARCHIVED);
        ThawPlan.Sum thawing = plan.sum(Availability.THAWING);
        if (archived.packs() == 0) {
            return new HoldfastException(
                    ErrorCode.THAWING,
                    what + " needs " + packs(thawing) + " that are being thawed; nothing was written",
                    "Run the same command later, or with --thaw TIER, which waits.");
        }
        String classes = plan.packs().stream()
                .filter(pack -> pack.availability() != Availability.READABLE)
                .map(ObjectStat::storageClass)
                .distinct()
                .collect(Collectors.joining(", "));
        return new HoldfastException(
                ErrorCode.REFUSED,
                what + " needs " + packs(archived) + " in the archive class " + classes
                        + (archived.packs() == 1
                                ? ", which has to be thawed before it can be read"
                                : ", which have to be thawed before they can be read")
                        + (thawing.packs() > 0 ? ", besides " + packs(thawing) + " being thawed" : "")
                        + "; nothing was written",
                "--estimate instead shows how long that takes; --thaw bulk (or standard, expedited) asks for them and waits.");
    }

    private static String packs(ThawPlan.Sum sum) {
        return Formats.count(sum.packs(), "pack", "packs") + " (" + Formats.size(sum.bytes()) + ")";
    }

    private void tellAsked(
            Messages messages, Repository repository, ThawRequest request, ThawPlan before, ThawPlan after) {
        ThawPlan.Sum asked = before.askedFor(faster);
        Optional<Duration> usual = after.thawTime(repository.store(), request.tier());
        messages.note((asked.packs() > 0 ? "Asked for " + packs(asked) + ", " : "Nothing to ask for, ")
                + packs(after.sum(Availability.THAWING)) + " to wait for"
                + usual.map(time -> ", usually " + Formats.duration(time) + " at most")
                        .orElse("")
                + ". Stopped and started again it goes on; nothing is asked for twice.");
        JsonLine line = JsonLine.of("thaw")
                .with("tier", name(request.tier()))
                .with("days", request.days())
                .with("asked_packs", asked.packs())
                .with("asked_bytes", asked.bytes())
                .with("thawing_packs", after.sum(Availability.THAWING).packs())
                .with("thawing_bytes", after.sum(Availability.THAWING).bytes());
        messages.object(usual.isPresent() ? line.with("usual_seconds", seconds(usual.get())) : line);
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    private static void report(Messages messages, Repository repository, ThawPlan plan) {
        messages.print("To be read: " + packs(plan.all()));
        for (String name : plan.classes()) {
            for (Availability each : Availability.values()) {
                ThawPlan.Sum sum = plan.in(name).sum(each);
                if (sum.packs() > 0) {
                    messages.print("  %-20s %-9s %s".formatted(name.isEmpty() ? "-" : name, name(each), packs(sum)));
                }
            }
        }
        JsonLine line = JsonLine.of("estimate");
        line.with("packs", plan.all().packs()).with("bytes", plan.all().bytes());
        for (Availability each : Availability.values()) {
            line.with(name(each) + "_packs", plan.sum(each).packs())
                    .with(name(each) + "_bytes", plan.sum(each).bytes());
        }
        for (ThawTier tier : ThawTier.values()) {
            Optional<Duration> time = plan.thawTime(repository.store(), tier);
            time.ifPresent(longest -> {
                messages.print("  thawing %-9s usually %s at most".formatted(name(tier), Formats.duration(longest)));
                line.with(name(tier) + "_seconds", seconds(longest));
            });
        }
        messages.print(
                plan.isReadable() ? "All of it can be read now." : "Nothing was asked for: --thaw TIER does that.");
        List<ObjectStat> packs = plan.packs();
        packs.forEach(pack -> messages.object(JsonLine.of("pack")
                .with("name", pack.name().value())
                .with("bytes", pack.sizeBytes())
                .with("class", pack.storageClass())
                .with("availability", name(pack.availability()))));
        messages.object(line);
    }

    private static String name(Availability availability) {
        return availability.name().toLowerCase(Locale.ROOT);
    }
}
