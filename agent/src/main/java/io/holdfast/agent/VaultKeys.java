package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.VaultAnswer;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.crypto.Recipient;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The keys of this machine's vaults, each in a directory of the agent's (docs/server.md, section "Vaults"). Files are their owner's alone. For one thread at a time.
 *
 * @param root a directory for each vault, named by the repository beside which it lies; it may be missing
 */
public record VaultKeys(Path root) {
    private static final String KEY = "vault.key";
    private static final String RECIPIENT = "recipient";
    private static final String HOST_KEY = "host.key";
    private static final String PLACE = "place";
    private static final String LABEL = "host";

    /** Where the keys of one vault are. */
    public record Home(Path directory) {
        /** Of the repository beside which it lies, in hexadecimal digits. */
        public String repositoryId() {
            return String.valueOf(directory.getFileName());
        }

        /** A file; it may be missing, or have been taken away. */
        public Path keyFile() {
            return directory.resolve(KEY);
        }

        /** Whether what is in the vault can be read here. */
        public boolean hasKey() {
            return Files.exists(keyFile());
        }

        /** The key that opens the vault; absent where it was taken away. */
        public Optional<KeyFile> key() {
            return text(keyFile()).map(text -> KeyFile.parse(text, keyFile().toString()));
        }

        /** For whom it is encrypted; absent before the first backup. */
        public Optional<Recipient> recipient() {
            Path file = directory.resolve(RECIPIENT);
            return text(file).map(text -> Recipient.parse(text, file.toString()));
        }

        /** Where the vault lies, as {@code --repo} takes it; absent before the first backup. */
        public Optional<String> place() {
            return text(directory.resolve(PLACE));
        }

        private Optional<HostKey> hostKey() {
            Path file = directory.resolve(HOST_KEY);
            return text(file).map(text -> HostKey.parse(text, file.toString()));
        }

        private void keep(String name, String text) {
            Path young = directory.resolve(name + ".new");
            try {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
                Files.deleteIfExists(young);
                Files.createFile(
                        young, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                try (FileChannel channel = FileChannel.open(young, StandardOpenOption.WRITE)) {
                    ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
                    while (bytes.hasRemaining()) {
                        int ignored = channel.write(bytes);
                    }
                    channel.force(true);
                }
                Files.move(young, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
                try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                    channel.force(true);
                }
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        directory.resolve(name) + " cannot be written: " + e,
                        "Check rights and space: a key is kept before anything is encrypted with it.",
                        e);
            }
        }

        /** One that opened nothing yet is kept all the same: nothing here throws a key away. */
        private void setAside() {
            try {
                for (int number = 1; hasKey(); number++) {
                    Path aside = directory.resolve(KEY + "." + number);
                    if (!Files.exists(aside)) {
                        Files.move(keyFile(), aside, StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        keyFile() + " cannot be moved: " + e,
                        "Check the rights of the directory.",
                        e);
            }
        }

        private static Optional<String> text(Path file) {
            try {
                return Files.exists(file)
                        ? Optional.of(
                                Files.readString(file, StandardCharsets.UTF_8).strip())
                        : Optional.empty();
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY, file + " cannot be read: " + e, "Check its rights.", e);
            }
        }
    }

    /** Where keys are, or will be. */
    public Home home(String repositoryId) {
        return new Home(root.resolve(repositoryId));
    }

    /** Of all vaults that this machine has saved into. */
    public List<Home> homes() {
        List<Home> homes = new ArrayList<>();
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(root, Files::isDirectory)) {
            directories.forEach(directory -> homes.add(new Home(directory)));
        } catch (IOException e) {
            return List.of(); // There is none yet.
        }
        homes.sort((a, b) -> a.repositoryId().compareTo(b.repositoryId()));
        return homes;
    }

    /** All keys that are here: one of them opens a vault of this machine. */
    List<Credential> credentials() {
        List<Credential> keys = new ArrayList<>();
        for (Home home : homes()) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(home.directory(), KEY + "*")) {
                files.forEach(file -> keys.add(keyIn(file)));
            } catch (IOException e) {
                throw new HoldfastException(
                        ErrorCode.WRONG_KEY,
                        "the keys in " + home.directory() + " cannot be read: " + e,
                        "Check their rights.",
                        e);
            }
        }
        return keys;
    }

    /** @throws HoldfastException {@code WRONG_KEY} where it cannot be read, or is none */
    static Credential keyIn(Path file) {
        return new Credential.Key(KeyFile.parse(
                Home.text(file)
                        .orElseThrow(() -> new HoldfastException(
                                ErrorCode.WRONG_KEY, "there is no key file " + file, "Check agent.yaml: vault-keys.")),
                file.toString()));
    }

    /**
     * Opens the vault of this machine to add to it; at the first time, makes it (steps V1 to V3).
     *
     * @param told of a new key, for people
     * @throws HoldfastException {@code NO_REPOSITORY} where the vault is gone, {@code WRONG_KEY} where there is one and nothing here belongs to it
     */
    Repository open(ObjectStore store, VaultAnswer vault, RepositorySettings settings, Consumer<String> told) {
        Home home = home(vault.repositoryId());
        Optional<Recipient> known = home.recipient();
        boolean isThere = Repository.exists(store);
        if (known.isPresent() && !isThere) {
            throw new HoldfastException(
                    ErrorCode.NO_REPOSITORY,
                    "the vault of this host is not at " + vault.place() + " any more",
                    "Bring it back. To begin a new one, move " + home.directory()
                            + " to a safe place: its key opens what was saved so far.");
        }
        if (known.isEmpty() && isThere && !home.hasKey()) {
            throw new HoldfastException(
                    ErrorCode.WRONG_KEY,
                    "this host has a vault at " + vault.place() + ", and neither its key nor its recipient",
                    "Write the key from its recovery sheet into " + home.keyFile() + ".");
        }
        Recipient recipient = known.orElseGet(() -> {
            if (!isThere) {
                make(home, store, settings);
                told.accept("this host encrypts with a key of its own, " + home.keyFile()
                        + ": without that key nothing that it saves can be read again, and no server has it."
                        + " Keep it elsewhere as well: holdfast agent key show");
            }
            return learned(home, store, settings);
        });
        if (!home.place().equals(Optional.of(vault.place()))) {
            home.keep(PLACE, vault.place());
        }
        HostKey hostKey = home.hostKey().orElseGet(() -> {
            HostKey drawn = HostKey.generate(settings.random());
            home.keep(HOST_KEY, drawn.toText());
            return drawn;
        });
        return Repository.openWriteOnly(store, recipient, hostKey, settings);
    }

    private static void make(Home home, ObjectStore store, RepositorySettings settings) {
        home.setAside();
        KeyFile key = KeyFile.generate(settings.random());
        home.keep(KEY, key.toText());
        Repository.create(store, Repository.newId(settings), new Credential.Key(key), LABEL, settings)
                .repository()
                .close();
    }

    private static Recipient learned(Home home, ObjectStore store, RepositorySettings settings) {
        Credential key = new Credential.Key(home.key().orElseThrow());
        try (Repository opened = Repository.open(store, List.of(key), settings)) {
            Recipient recipient = opened.keyring().recipient();
            home.keep(RECIPIENT, recipient.toText());
            return recipient;
        }
    }
}
