package io.holdfast.cli;

import io.holdfast.core.ByteSize;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.RawText;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.repository.lock.LockDates;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.ObjectStore;
import io.holdfast.stores.StorePlace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds the repository a command is about, the key that opens it, and makes both where they are missing. */
final class RepositoryAccess {
    /** Each request costs a round trip and money, so packs are larger there. */
    private static final int BUCKET_DATA_PACK_BYTES = 64 << 20;

    private final RootCommand root;
    private final Optional<String> url;
    private final Optional<Path> passwordFile;
    private final Optional<Path> keyFile;
    private Optional<Duration> lockFor = Optional.empty();
    private Optional<String> dataClass = Optional.empty();
    /** What to do where nothing opens it, if not what usually helps. */
    private final Optional<String> keyHelp;

    RepositoryAccess(RootCommand root) {
        this(root, root.repositoryUrl(), root.passwordFile(), root.keyFile(), Optional.empty());
    }

    /**
     * Another repository than that of the command line.
     *
     * @param option begins the names of the options for what opens it, such as {@code --to}
     */
    RepositoryAccess(RootCommand root, String option, String url, Optional<Path> passwordFile, Optional<Path> keyFile) {
        this(
                root,
                Optional.of(url),
                passwordFile,
                keyFile,
                Optional.of("Name what opens it with %s-password-file or %s-key-file.".formatted(option, option)));
    }

    private RepositoryAccess(
            RootCommand root,
            Optional<String> url,
            Optional<Path> passwordFile,
            Optional<Path> keyFile,
            Optional<String> keyHelp) {
        this.keyHelp = keyHelp;
        this.root = root;
        this.url = url;
        this.passwordFile = passwordFile;
        this.keyFile = keyFile;
    }

    /**
     * Locks what is made, or the snapshots of a repository that is made.
     *
     * @param span as {@code --lock-for} has it; null for what the repository is set to
     */
    RepositoryAccess locking(@Nullable String span) {
        if (span != null) {
            Duration wanted = RetentionSpan.parseForLock(span)
                    .from(
                            RepositorySettings.of(root.cacheDirectory(), "", (what, why) -> {})
                                    .clock()
                                    .instant(),
                            ZoneId.systemDefault());
            LockDates.requireReasonable(wanted);
            lockFor = Optional.of(wanted);
        }
        return this;
    }

    /**
     * Puts data packs into that storage class, whatever the URL says, and that goes before what the repository remembers. One that is made remembers it.
     *
     * @param storageClass null for neither
     */
    RepositoryAccess storing(@Nullable String storageClass) {
        dataClass = Optional.ofNullable(storageClass);
        return this;
    }

    /** An open repository with its store; closes both. */
    record Opened(Repository repository, ObjectStore store, StorePlace place) implements AutoCloseable {
        /** Warns of what this machine has seen in the repository before, and cannot be gone. */
        void warnOfRollback(RootCommand root) {
            if (repository.keyring().isWriteOnly()) {
                return; // It can read no snapshot, so it cannot tell which are missing.
            }
            repository
                    .freshness()
                    .look()
                    .forEach(doubt -> root.messages().warning(doubt.object().value(), doubt.text()));
        }

        @Override
        public void close() {
            repository.close();
            store.close();
        }
    }

    /** What {@link #create} made. */
    record Created(Opened opened, Optional<Path> keyFile) {}

    /** Where the repository lies. */
    StorePlace place() {
        return url.map(StorePlace::parse)
                .orElseGet(() -> new StorePlace.Disk(root.environment().dataHome()));
    }

    /** The option that names this repository again, with a space behind it; nothing for the default one. */
    String repoOption() {
        return isDefault() ? "" : "--repo " + Shell.quote(place().url()) + " ";
    }

    boolean isDefault() {
        return url.isEmpty();
    }

    Opened open() {
        StorePlace place = place();
        dataClass.ifPresent(place::requireDataClass);
        ObjectStore store = limited(place::open);
        try {
            return new Opened(
                    Repository.open(store, credentials(store), settings(), dataClass.or(place::dataClass)),
                    store,
                    place);
        } catch (HoldfastException e) {
            try (store) {
                Optional<String> help =
                        e.code() == ErrorCode.WRONG_KEY && e.hint().isEmpty()
                                ? keyHelp.or(() -> tried(store))
                                : keyHelp;
                throw e.code() == ErrorCode.DAMAGED ? cannotOpen(e) : helped(e, help);
            }
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** What did not open it. */
    private Optional<String> tried(ObjectStore store) {
        List<String> tried = new ArrayList<>();
        keyFile.ifPresent(file -> tried.add("the key in " + file));
        passwordFile.ifPresentOrElse(
                file -> tried.add("the passphrase in " + file),
                () -> root.environment()
                        .variable("HOLDFAST_PASSWORD")
                        .ifPresent(ignored -> tried.add("the passphrase of HOLDFAST_PASSWORD")));
        if (!tried.isEmpty()) {
            return Optional.of(
                    "Tried " + String.join(" and ", tried) + ". Name another one with --password-file or --key-file.");
        }
        Path file = defaultKeyFile(Repository.idOf(store));
        return Files.exists(file)
                ? Optional.of("Tried the key in " + file + ". Name another one with --password-file or --key-file.")
                : Optional.of("There is no key at " + file
                        + " either. Set HOLDFAST_PASSWORD, or name a file with --password-file or --key-file.");
    }

    private static HoldfastException helped(HoldfastException e, Optional<String> help) {
        return e.code() == ErrorCode.WRONG_KEY && help.isPresent()
                ? new HoldfastException(ErrorCode.WRONG_KEY, String.valueOf(e.getMessage()), help.get(), e)
                : e;
    }

    /** Opens it with a key that somebody typed from a sheet, and with nothing else. */
    Opened openWith(Credential credential) {
        StorePlace place = place();
        ObjectStore store = limited(place::open);
        try {
            return new Opened(Repository.open(store, List.of(credential), settings()), store, place);
        } catch (HoldfastException e) {
            store.close();
            throw helped(
                    e, Optional.of("The sheet is of another repository, or its key was dropped: print a new one."));
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /**
     * Opens it to add what this host cannot read.
     *
     * @param text the recipient, or the name of a file with it
     */
    Opened openFor(String text) {
        Recipient recipient = recipient(text);
        StorePlace place = place();
        ObjectStore store = limited(place::open);
        try {
            RepositorySettings settings = settings();
            HostKey host = hostKey(recipient.repositoryId(), settings.random());
            return new Opened(Repository.openWriteOnly(store, recipient, host, settings), store, place);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static Recipient recipient(String text) {
        if (text.strip().startsWith("holdfast-to-")) {
            return Recipient.parse(text, "--recipient");
        }
        if (RawText.hasRaw(text) || text.isBlank() || !Files.isRegularFile(Path.of(text))) {
            throw HoldfastException.usage(
                    "--recipient '" + text + "' is neither a recipient nor a file with one",
                    "'holdfast key recipient' prints it, where the repository is opened.");
        }
        try {
            return Recipient.parse(SmallFiles.read(Path.of(text)), text);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the recipient in " + text + " cannot be read: " + Reasons.text(e),
                    "Check --recipient.",
                    e);
        }
    }

    /** The one that this host has for the repository; made the first time. */
    private HostKey hostKey(Bytes repositoryId, SecureRandom random) {
        Path file = root.environment().configHome().resolve("hosts").resolve(repositoryId.toHex() + ".host");
        try {
            return HostKey.parse(SmallFiles.read(file), file.toString());
        } catch (NoSuchFileException e) {
            return newHostKey(file, random);
        } catch (CharacterCodingException e) {
            return HostKey.parse("", file.toString()); // Says what to do about a file that is no host key.
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY, file + " cannot be read: " + Reasons.text(e), "Check its rights.", e);
        }
    }

    /** Whole when it appears: two backups may come for the first time at once, and both need the same key. */
    private static HostKey newHostKey(Path file, SecureRandom random) {
        HostKey made = HostKey.generate(random);
        Path temporary = file.resolveSibling(
                file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
        try {
            Files.deleteIfExists(temporary);
            createSecret(temporary, made.toText());
            try {
                Files.createLink(file, temporary);
            } finally {
                Files.deleteIfExists(temporary);
            }
            return made;
        } catch (FileAlreadyExistsException e) {
            try {
                return HostKey.parse(SmallFiles.read(file), file.toString());
            } catch (IOException unreadable) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY,
                        file + " cannot be read: " + Reasons.text(unreadable),
                        "Check its rights.",
                        unreadable);
            }
        } catch (UnsupportedOperationException | IOException e) {
            return newHostKeyWithoutLinks(made, file);
        }
    }

    private static HostKey newHostKeyWithoutLinks(HostKey made, Path file) {
        try {
            createSecret(file, made.toText());
            return made;
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the key of this host, " + file + ", cannot be written: " + Reasons.text(e),
                    "It has to stay from one backup to the next: XDG_CONFIG_HOME names another directory for it.",
                    e);
        }
    }

    /** The store alone, for what needs no key. */
    ObjectStore openStore() {
        return limited(place()::open);
    }

    int threads() {
        return settings().threads();
    }

    /** Whether a repository is there. False is certain: where it cannot be known, this fails. */
    boolean exists() {
        try (ObjectStore store = place().open(Bandwidth.UNLIMITED)) {
            return Repository.exists(store);
        } catch (HoldfastException e) {
            if (e.code() == ErrorCode.NO_REPOSITORY) {
                return false;
            }
            throw e.code() == ErrorCode.DAMAGED ? cannotOpen(e) : e;
        }
    }

    /** Makes a repository with a passphrase where one was given, else with a key file that is generated. */
    Created create() {
        StorePlace place = place();
        dataClass.ifPresent(place::requireDataClass);
        if (exists()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "there is a repository at " + place.url() + " already",
                    "Use it, or choose another place with --repo; nothing was changed.");
        }
        // A wrong password file leaves nothing behind.
        Optional<Credential> given = passphrase()
                .or(() -> keyFile.filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                        .map(RepositoryAccess::readKeyFile));
        ObjectStore store = limited(bandwidth -> place.create(dataClass, bandwidth));
        try {
            return create(place, store, given);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private Created create(StorePlace place, ObjectStore store, Optional<Credential> given) {
        RepositorySettings settings = settings();
        if (lockFor.isPresent() && !store.capabilities().locks()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    place.url() + " cannot lock snapshots",
                    "Use a bucket that was made with Object Lock, or leave --lock-for out; nothing was made.");
        }
        Bytes id = Repository.newId(settings);
        Optional<Path> generated = Optional.empty();
        Credential credential;
        if (given.isPresent()) {
            credential = given.get();
        } else {
            KeyFile key = KeyFile.generate(settings.random());
            Path file = keyFile.orElseGet(() -> defaultKeyFile(id));
            writeKey(file, key);
            generated = Optional.of(file);
            credential = new Credential.Key(key);
        }
        String label = credential instanceof Credential.Passphrase ? "passphrase" : "key file";
        Repository repository = Repository.create(store, id, credential, label, settings, dataClass)
                .repository();
        return new Created(new Opened(repository, store, place), generated);
    }

    private static HoldfastException cannotOpen(HoldfastException damage) {
        return new HoldfastException(
                ErrorCode.DAMAGED,
                String.valueOf(damage.getMessage()),
                "The data is not touched: put this object back from a copy of the repository. Where it is a key slot,"
                        + " another key or password opens the rest.",
                damage);
    }

    /** Writes a key for its owner alone; never over another one. */
    static void writeKey(Path file, KeyFile key) {
        writeSecret(file, key.toText());
    }

    private static void createSecret(Path file, String text) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.US_ASCII)));
            // The key is worth as much as the data: it is on the disk before anything is encrypted with it.
            channel.force(true);
        }
    }

    private static void writeSecret(Path file, String text) {
        try {
            createSecret(file, text);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    "the key file " + file + " cannot be written: " + Reasons.text(e),
                    "Name another place with --key-file.",
                    e);
        }
    }

    Path defaultKeyFile(Bytes repositoryId) {
        return root.environment().configHome().resolve("keys").resolve(repositoryId.toHex() + ".key");
    }

    /** The passphrase that was given, if one was. */
    Optional<Credential> passphrase() {
        Optional<Path> file = passwordFile;
        if (file.isPresent()) {
            return Optional.of(readPassphrase(file.get(), "--password-file"));
        }
        return root.environment().variable("HOLDFAST_PASSWORD").map(p -> new Credential.Passphrase(p.toCharArray()));
    }

    static Credential readKeyFile(Path file) {
        try {
            return new Credential.Key(KeyFile.parse(SmallFiles.read(file), file.toString()));
        } catch (NoSuchFileException e) {
            throw new HoldfastException(ErrorCode.WRONG_KEY, "there is no key file " + file, "Check --key-file.", e);
        } catch (CharacterCodingException e) {
            return new Credential.Key(KeyFile.parse("", file.toString())); // Says what to do about what is none.
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the key file " + file + " cannot be read: " + Reasons.text(e),
                    "Check its rights.",
                    e);
        }
    }

    private Optional<Credential> givenKeyFile() {
        return keyFile.map(RepositoryAccess::readKeyFile);
    }

    private List<Credential> credentials(ObjectStore store) {
        List<Credential> credentials = new ArrayList<>();
        givenKeyFile().ifPresent(credentials::add);
        passphrase().ifPresent(credentials::add);
        if (credentials.isEmpty()) {
            Path file = defaultKeyFile(Repository.idOf(store));
            if (Files.exists(file)) {
                credentials.add(readKeyFile(file));
            } else if (System.console() != null && System.console().isTerminal()) {
                char[] typed = System.console().readPassword("Passphrase of %s: ", place().url());
                if (typed != null && typed.length > 0) {
                    credentials.add(new Credential.Passphrase(typed));
                }
            }
        }
        return credentials;
    }

    /** Wrong options are told before anything is opened. */
    private ObjectStore limited(Function<Bandwidth, ObjectStore> opening) {
        ByteSize upload = root.uploadLimit();
        ByteSize download = root.downloadLimit();
        boolean ignored = root.threads().isPresent();
        root.giveWay();
        return opening.apply(Bandwidth.of(upload, download, MonotonicClock.system()));
    }

    private RepositorySettings settings() {
        RepositorySettings settings = RepositorySettings.of(
                root.cacheDirectory(), "holdfast " + VersionCommand.program(), root.messages()::warning);
        settings = place().directory().isPresent() ? settings : settings.withDataPacks(BUCKET_DATA_PACK_BYTES);
        settings = lockFor.map(settings::withLockFor).orElse(settings);
        return root.threads().map(settings::withThreads).orElse(settings);
    }

    /**
     * The passphrase in the first line of a file.
     *
     * @param option by which the file was named
     */
    static Credential readPassphrase(Path file, String option) {
        try {
            String line = SmallFiles.read(file).lines().findFirst().orElse("");
            if (line.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY,
                        "the password file " + file + " is empty",
                        "Write the passphrase into its first line.");
            }
            return new Credential.Passphrase(line.toCharArray());
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the password file " + file + " cannot be read: " + Reasons.text(e),
                    "Check " + option + ".",
                    e);
        }
    }

    /** The key file that opened the repository, where one did and no passphrase. */
    Optional<KeyFile> keyInUse(Repository repository) {
        if (repository.keySlots().inUse().type() != KeySlot.Type.KEY_FILE) {
            return Optional.empty();
        }
        Path file = keyFile.orElseGet(() -> defaultKeyFile(repository.config().repositoryId()));
        return readKeyFile(file) instanceof Credential.Key key ? Optional.of(key.file()) : Optional.empty();
    }
}
