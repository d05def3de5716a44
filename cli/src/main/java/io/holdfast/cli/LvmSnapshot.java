package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.sources.backup.StreamBackup;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A snapshot of a logical volume that lives as long as the backup reads it. */
final class LvmSnapshot implements StreamBackup.Ending {
    /** Marks snapshots of this program among the user's. */
    static final String TAG = "holdfast_backup";

    private static final int STATE = 4;
    private static final double FULL_PERCENT = 100;
    private static final int ATTEMPTS = 6;
    private static final Duration PAUSE = Duration.ofMillis(500);

    private final LvmTools tools;
    private final LvmTools.Row origin;
    private final String fullName;
    private final Path device;

    private LvmSnapshot(LvmTools tools, LvmTools.Row origin, String fullName, Path device) {
        this.tools = tools;
        this.origin = origin;
        this.fullName = fullName;
        this.device = device;
    }

    static LvmSnapshot take(LvmTools tools, LvmTools.Row origin, String name, List<String> kind) {
        List<String> arguments =
                new ArrayList<>(List.of("--yes", "--snapshot", "--permission", "r", "--addtag", TAG, "--name", name));
        arguments.addAll(kind);
        arguments.add(origin.fullName());
        LvmTools.Ended ended = tools.run("lvcreate", arguments.toArray(new String[0]));
        String fullName = origin.group() + "/" + name;
        List<LvmTools.Row> made = tools.list(fullName);
        boolean isOwn = made.size() == 1 && made.getFirst().tags().contains(TAG);
        if (ended.isGood() && isOwn) {
            return new LvmSnapshot(
                    tools, origin, fullName, Path.of(made.getFirst().device()));
        }
        // Ended by Ctrl-C, too, it may have come as far as a volume.
        Optional<String> left = ended.isGood() || isOwn
                ? new LvmSnapshot(tools, origin, fullName, Path.of("/dev", fullName)).remove()
                : Optional.empty();
        throw new HoldfastException(
                ErrorCode.FAILED,
                "no snapshot of " + origin.fullName() + " could be taken: " + ended.reason()
                        + left.map(reason -> "; " + fullName + " is left: " + reason)
                                .orElse(""),
                "Try it by hand: lvcreate --snapshot " + origin.fullName());
    }

    Path device() {
        return device;
    }

    String fullName() {
        return fullName;
    }

    /** A snapshot without room for what was overwritten in its volume is worth nothing, all of it. */
    @Override
    public void check() {
        List<LvmTools.Row> rows = tools.list(fullName);
        if (rows.size() != 1) {
            throw failed("is gone", "Somebody has removed it, or lvs cannot be run.");
        }
        LvmTools.Row row = rows.getFirst();
        char state = row.attributes().length() > STATE ? row.attributes().charAt(STATE) : '?';
        if (state == 'I' || state == 'S' || isFull(row)) {
            throw failed(
                    "overflowed: more was written to the volume than it could hold",
                    "Write a larger size: --lvm-snapshot=SIZE; or save at a quieter time.");
        }
        if (state != 'a') {
            throw failed("is not active (" + row.attributes() + ")", "Activate its volume: lvchange -ay.");
        }
    }

    private static boolean isFull(LvmTools.Row row) {
        try {
            return !row.percent().isEmpty() && Double.parseDouble(row.percent()) >= FULL_PERCENT;
        } catch (NumberFormatException e) {
            return true; // What cannot be told is not trusted.
        }
    }

    private HoldfastException failed(String how, String hint) {
        return new HoldfastException(
                ErrorCode.FAILED,
                "the LVM snapshot of " + origin.fullName() + " " + how + "; no snapshot was made",
                hint);
    }

    /** Removes it, also while this thread is interrupted; returns why it is still there, where it is. */
    Optional<String> remove() {
        boolean interrupted = Thread.interrupted();
        try {
            for (int attempt = 1; ; attempt++) {
                LvmTools.Ended ended = tools.run("lvremove", "--yes", fullName);
                if (ended.isGood() || tools.isGone(fullName)) {
                    return Optional.empty();
                }
                if (attempt == ATTEMPTS) {
                    return Optional.of(ended.reason());
                }
                try {
                    // Whoever looks at new devices may still have it open.
                    MonotonicClock.system().sleep(PAUSE);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (HoldfastException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
