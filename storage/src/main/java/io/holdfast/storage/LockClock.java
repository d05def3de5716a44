package io.holdfast.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The time by which the locks of a disk store end. A clock that was set ten years ahead by mistake must not end them: the store remembers in {@code
 * .lock-clock} the latest time it has seen, and does not believe a leap of more than {@link #MAX_LEAP} until the clock has run on for {@link #PROBATION}
 * after it. A clock that is behind only makes locks last longer.
 *
 * <p>Three lines of ASCII: {@code holdfast lock clock 1}, {@code seen <seconds since 1970>}, {@code leap <seconds since 1970, or 0>}. Thread-safe, and several
 * processes may use one: each writes what it saw, the later time wins.
 */
final class LockClock {
    static final Duration MAX_LEAP = Duration.ofDays(60);
    static final Duration PROBATION = Duration.ofDays(7);
    private static final Duration UNNOTED = Duration.ofHours(1);

    private static final String FILE = ".lock-clock";
    private static final String FIRST_LINE = "holdfast lock clock 1";

    private final Path root;
    private final InstantSource clock;

    LockClock(Path root, InstantSource clock) {
        this.root = root;
        this.clock = clock;
    }

    /**
     * What the clock says.
     *
     * @param believed locks that end later still hold
     * @param doubt why it is not the time of the machine, and what to do
     */
    record Reading(Instant believed, Optional<String> doubt) {}

    private record Note(Instant seen, Instant leap) {}

    /** Looks at the clock, and notes what it sees. */
    synchronized Reading look(TemporaryFiles temporaries) throws IOException {
        Instant now = clock.instant();
        Optional<Note> known = read();
        if (known.isEmpty()) {
            write(new Note(now, Instant.EPOCH), temporaries);
            return new Reading(now, Optional.empty());
        }
        Note note = known.get();
        boolean leaped = now.isAfter(note.seen().plus(MAX_LEAP));
        if (!leaped || isOver(note.leap(), now)) {
            boolean worthNoting =
                    now.isAfter(note.seen().plus(UNNOTED)) || !note.leap().equals(Instant.EPOCH);
            if (worthNoting) {
                Instant latest = now.isAfter(note.seen()) ? now : note.seen();
                write(new Note(latest, Instant.EPOCH), temporaries);
            }
            return new Reading(now, Optional.empty());
        }
        boolean isNew = note.leap().equals(Instant.EPOCH) || now.isBefore(note.leap());
        Instant leap = isNew ? now : note.leap();
        if (isNew) {
            write(new Note(note.seen(), leap), temporaries);
        }
        return new Reading(
                note.seen(),
                Optional.of("The clock stands "
                        + Duration.between(note.seen(), now).toDays()
                        + " days after the time that was last seen here; locks believe it from " + leap.plus(PROBATION)
                        + " on. Check the machine's clock."));
    }

    private static boolean isOver(Instant leap, Instant now) {
        return !leap.equals(Instant.EPOCH) && !now.isBefore(leap.plus(PROBATION));
    }

    /** Empty where there is none, or one that says nothing: locks then follow the clock of the machine. */
    private Optional<Note> read() throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(root.resolve(FILE), StandardCharsets.US_ASCII);
        } catch (NoSuchFileException | MalformedInputException e) {
            return Optional.empty();
        }
        if (lines.size() < 3
                || !lines.get(0).equals(FIRST_LINE)
                || !lines.get(1).matches("seen [0-9]{1,12}")
                || !lines.get(2).matches("leap [0-9]{1,12}")) {
            return Optional.empty();
        }
        return Optional.of(new Note(
                Instant.ofEpochSecond(Long.parseLong(lines.get(1).substring(5))),
                Instant.ofEpochSecond(Long.parseLong(lines.get(2).substring(5)))));
    }

    private void write(Note note, TemporaryFiles temporaries) throws IOException {
        String text = FIRST_LINE + "\nseen " + note.seen().getEpochSecond() + "\nleap "
                + note.leap().getEpochSecond() + "\n";
        Path temporary = temporaries.next();
        try {
            DiskGuarantees.writeFile(temporary, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            Files.move(temporary, root.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
            DurableDirectories.sync(root);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
