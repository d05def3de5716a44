package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.KeySlot;
import io.holdfast.storage.DiskStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the repository a command is about, the key that opens it, and makes both where they are missing. */
final class RepositoryAccess {
    private final RootCommand root;

    RepositoryAccess(RootCommand root) {
        this.root = root;
    }

    /** An open repository with its store; closes both. */
    record Opened(Repository repository, DiskStore store, Path directory) implements AutoCloseable {
        @Override
        public void close() {
            repository.close();
            store.close();
        }
    }

    /** What {@link #create} made. */
    record Created(Opened opened, Optional<Path> keyFile) {}

    /** Where the repository lies. */
    Path directory() {
        return root.repositoryUrl().map(RepositoryAccess::directoryOf).orElseGet(root.environment()::dataHome);
    }

    boolean isDefault() {
        return root.repositoryUrl().isEmpty();
    }

    Opened open() {
        Path directory = directory();
        DiskStore store = DiskStore.open(directory);
        try {
            return new Opened(Repository.open(store, credentials(store), settings()), store, directory);
        } catch (HoldfastException e) {
            store.close();
            throw e.code() == ErrorCode.DAMAGED ? cannotOpen(e) : e;
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** Whether a repository is there. False is certain: where it cannot be known, this fails. */
    boolean exists() {
        try (DiskStore store = DiskStore.open(directory())) {
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
        Path directory = directory();
        if (exists()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "there is a repository at " + directory + " already",
                    "Use it, or choose another place with --repo; nothing was changed.");
        }
        requireNoFileAt(directory);
        RepositorySettings settings = settings();
        Bytes id = Repository.newId(settings);
        Optional<Credential> given = passphrase().or(this::givenKeyFile);
        Optional<Path> generated = Optional.empty();
        Credential credential;
        if (given.isPresent()) {
            credential = given.get();
        } else {
            KeyFile key = KeyFile.generate(settings.random());
            Path file = defaultKeyFile(id);
            writeKey(file, key);
            generated = Optional.of(file);
            credential = new Credential.Key(key);
        }
        String label = credential instanceof Credential.Passphrase ? "passphrase" : "key file";
        DiskStore store = DiskStore.create(directory);
        try {
            Repository repository =
                    Repository.create(store, id, credential, label, settings).repository();
            return new Created(new Opened(repository, store, directory), generated);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static HoldfastException cannotOpen(HoldfastException damage) {
        return new HoldfastException(
                ErrorCode.DAMAGED,
                String.valueOf(damage.getMessage()),
                "The data is not touched: put this object back from a copy of the repository. Where it is a key slot,"
                        + " another key or password opens the rest.",
                damage);
    }

    private static void requireNoFileAt(Path directory) {
        for (Path place = directory; place != null; place = place.getParent()) {
            if (Files.exists(place)) {
                if (!Files.isDirectory(place)) {
                    throw new HoldfastException(
                            ErrorCode.REFUSED,
                            place + " is a file, and a repository is a directory",
                            "Name an empty directory, or one that does not exist yet.");
                }
                return;
            }
        }
    }

    /** Writes a key for its owner alone; never over another one. */
    static void writeKey(Path file, KeyFile key) {
        try {
            Path directory = file.toAbsolutePath().getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.wrap((key.toText() + "\n").getBytes(StandardCharsets.US_ASCII)));
                // The key is worth as much as the data: it is on the disk before anything is encrypted with it.
                channel.force(true);
            }
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
        Optional<Path> file = root.passwordFile();
        if (file.isPresent()) {
            return Optional.of(readPassphrase(file.get(), "--password-file"));
        }
        return root.environment().variable("HOLDFAST_PASSWORD").map(p -> new Credential.Passphrase(p.toCharArray()));
    }

    static Credential readKeyFile(Path file) {
        try {
            return new Credential.Key(KeyFile.parse(Files.readString(file), file.toString()));
        } catch (NoSuchFileException e) {
            throw new HoldfastException(ErrorCode.WRONG_KEY, "there is no key file " + file, "Check --key-file.", e);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "the key file " + file + " cannot be read: " + Reasons.text(e),
                    "Check its rights.",
                    e);
        }
    }

    private Optional<Credential> givenKeyFile() {
        return root.keyFile().map(RepositoryAccess::readKeyFile);
    }

    private List<Credential> credentials(DiskStore store) {
        List<Credential> credentials = new ArrayList<>();
        givenKeyFile().ifPresent(credentials::add);
        passphrase().ifPresent(credentials::add);
        if (credentials.isEmpty()) {
            Path file = defaultKeyFile(Repository.idOf(store));
            if (Files.exists(file)) {
                credentials.add(readKeyFile(file));
            } else if (System.console() != null && System.console().isTerminal()) {
                char[] typed = System.console().readPassword("Passphrase of %s: ", directory());
                if (typed != null && typed.length > 0) {
                    credentials.add(new Credential.Passphrase(typed));
                }
            }
        }
        return credentials;
    }

    private RepositorySettings settings() {
        return RepositorySettings.of(
                root.cacheDirectory(), "holdfast " + VersionCommand.program(), root.messages()::warning);
    }

    /**
     * The passphrase in the first line of a file.
     *
     * @param option by which the file was named
     */
    static Credential readPassphrase(Path file, String option) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            if (lines.isEmpty() || lines.getFirst().isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY,
                        "the password file " + file + " is empty",
                        "Write the passphrase into its first line.");
            }
            return new Credential.Passphrase(lines.getFirst().toCharArray());
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
        if (repository.slotInUse().type() != KeySlot.Type.KEY_FILE) {
            return Optional.empty();
        }
        Path file = root.keyFile()
                .orElseGet(() -> defaultKeyFile(repository.config().repositoryId()));
        return readKeyFile(file) instanceof Credential.Key key ? Optional.of(key.file()) : Optional.empty();
    }

    private static Path directoryOf(String url) {
        String path = url.startsWith("file://") ? url.substring(7) : url.startsWith("file:") ? url.substring(5) : url;
        int scheme = path.indexOf("://");
        if (scheme > 0) {
            throw HoldfastException.usage(
                    "'" + path.substring(0, scheme) + "' stores are not supported by this version",
                    "Use a path, or file: and a path.");
        }
        if (url.startsWith("file://") && !path.startsWith("/")) {
            throw HoldfastException.usage(
                    "'" + url + "' names another host", "Use file: and an absolute path of this one.");
        }
        if (!url.startsWith("file:") && path.matches("[a-z][a-z0-9+.-]+:.*") && !Files.exists(Path.of(path))) {
            throw HoldfastException.usage(
                    "'" + path.substring(0, path.indexOf(':')) + "' stores are not supported by this version",
                    "Use a path, or file: and a path; ./ in front makes a path of a name with a colon.");
        }
        if (path.isEmpty() || path.indexOf('\ufffd') >= 0 || RawText.hasRaw(path)) {
            throw HoldfastException.usage(
                    "the repository URL is empty, or no UTF-8", "Write a path, or file: and a path.");
        }
        return Path.of(path).toAbsolutePath().normalize();
    }
}
