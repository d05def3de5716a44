package io.holdfast.storage;

import io.holdfast.storage.LocalArchive.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * Which objects of a disk store are in its archive class, and which of those were asked for. For each archived object there is a note {@code
 * .archive/<name>}: four lines of ASCII, {@code holdfast archived object 1}, {@code class <class>}, {@code ready <milliseconds since 1970>}, {@code until
 * <the same>}, both 0 where nobody asked. The note is there before its object and goes after it. A copy of the store without dot files can be read at once.
 *
 * <p>Thread-safe, and several processes may use one: of two who ask at once, one note wins, and either is as good.
 */
final class DiskArchive {
    private static final String DIRECTORY = ".archive";
    private static final String FIRST_LINE = "holdfast archived object 1";

    private final Path root;
    private final InstantSource clock;

    DiskArchive(Path root, InstantSource clock) {
        this.root = root;
        this.clock = clock;
    }

    /** Empty where the object is not archived; whether it is there, the note does not say. */
    Optional<State> find(ObjectName name) throws IOException {
        if (!name.value().startsWith(ObjectStore.DATA_PACKS)) {
            return Optional.empty();
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(noteOf(name), StandardCharsets.US_ASCII);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (MalformedInputException e) {
            lines = List.of();
        }
        return Optional.of(parse(lines));
    }

    /** A note that says nothing stands for an object that nobody asked for. */
    private static State parse(List<String> lines) {
        if (lines.size() < 4
                || !lines.get(0).equals(FIRST_LINE)
                || !lines.get(1).startsWith("class ")
                || LocalArchive.find(lines.get(1).substring(6)).isEmpty()
                || !lines.get(2).matches("ready [0-9]{1,15}")
                || !lines.get(3).matches("until [0-9]{1,15}")) {
            return State.frozen(LocalArchive.named("ARCHIVE"));
        }
        return new State(
                LocalArchive.named(lines.get(1).substring(6)),
                Long.parseLong(lines.get(2).substring(6)),
                Long.parseLong(lines.get(3).substring(6)));
    }

    /** @throws io.holdfast.core.HoldfastException {@code REFUSED} where the object has to be thawed first */
    void requireReadable(ObjectName name) throws IOException {
        Optional<State> state = find(name);
        if (state.isPresent()) {
            LocalArchive.requireReadable(root.toString(), name, state.get(), clock.instant());
        }
    }

    ObjectStat stat(ObjectStat object) throws IOException {
        return find(object.name())
                .map(state -> object.in(state.storageClass().name(), state.availability(clock.instant())))
                .orElse(object);
    }

    /** As S3 does it: a listing tells the class, and not what has been thawed. */
    ObjectStat listed(ObjectStat object) throws IOException {
        return find(object.name())
                .map(state -> object.in(state.storageClass().name(), Availability.ARCHIVED))
                .orElse(object);
    }

    /** For an object that is to be put. Durable when it returns. */
    void noteNew(
            ObjectName name,
            Optional<ArchiveClass> storageClass,
            DurableDirectories directories,
            TemporaryFiles temporaries)
            throws IOException {
        if (storageClass.isPresent() && name.value().startsWith(ObjectStore.DATA_PACKS)) {
            directories.ensure(DurableDirectories.parentOf(noteOf(name)));
            write(name, State.frozen(storageClass.get()), temporaries);
        } else {
            forget(name);
        }
    }

    /** How the object is once that was asked for. */
    Availability thaw(ObjectName name, ThawRequest request, TemporaryFiles temporaries) throws IOException {
        Optional<State> state = find(name);
        if (state.isEmpty()) {
            return Availability.READABLE;
        }
        State asked = state.get().asked(request, clock.instant());
        if (!asked.equals(state.get())) {
            write(name, asked, temporaries);
        }
        return asked.availability(clock.instant());
    }

    /** For an object that is gone. */
    void forget(ObjectName name) throws IOException {
        if (name.value().startsWith(ObjectStore.DATA_PACKS)) {
            Files.deleteIfExists(noteOf(name));
        }
    }

    private void write(ObjectName name, State state, TemporaryFiles temporaries) throws IOException {
        String text = FIRST_LINE + "\nclass " + state.storageClass().name() + "\nready " + state.readyMillis()
                + "\nuntil " + state.untilMillis() + "\n";
        Path temporary = temporaries.next();
        try {
            DiskGuarantees.writeFile(temporary, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
            Files.move(temporary, noteOf(name), StandardCopyOption.ATOMIC_MOVE);
            DurableDirectories.sync(DurableDirectories.parentOf(noteOf(name)));
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private Path noteOf(ObjectName name) {
        return root.resolve(DIRECTORY).resolve(name.value());
    }
}
