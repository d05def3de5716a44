package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.security.Identity;
import io.holdfast.security.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What an agent keeps on its machine: who it is, and where its servers are.
 *
 * @param root with everything below
 */
public record AgentDirectory(Path root) {

    /** Whether this machine has been enrolled. */
    public boolean isEnrolled() {
        return Files.exists(certificates());
    }

    /** Who this machine is. */
    public Identity identity() {
        if (!isEnrolled()) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    "this machine is not enrolled (" + root + ")",
                    "Ask the server for a token, then: holdfast agent enroll https://SERVER --token TOKEN.");
        }
        return Pem.read(key(), certificates());
    }

    /** Keeps who this machine is; the earlier identity is gone then. */
    public void keep(Identity identity) {
        Pem.write(identity, key(), certificates());
    }

    /** Host and port of each control server: first those with which it was enrolled, then those that they have told of. */
    public List<String> servers() {
        try {
            List<String> servers = new ArrayList<>(lines(serverFile()));
            if (Files.exists(toldServers())) {
                servers.addAll(lines(toldServers()));
            }
            return servers.stream().distinct().toList();
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.REFUSED,
                    serverFile() + " cannot be read: " + e,
                    "Enrol this machine, or check the rights of the file.",
                    e);
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
                .filter(line -> !line.isBlank())
                .toList();
    }

    /** Keeps what a server has told of others. */
    public void keepTold(List<String> servers) {
        try {
            Path young = root.resolve("servers.new");
            Files.write(young, servers, StandardCharsets.UTF_8);
            Files.move(young, toldServers(), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, toldServers() + " cannot be written: " + e, "Check rights and space.", e);
        }
    }

    private Path toldServers() {
        return root.resolve("servers.told");
    }

    /** Makes the directory, for its owner alone, and keeps where the servers are. */
    public void create(List<String> servers) {
        try {
            Files.createDirectories(root);
            if (root.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
            }
            Files.write(serverFile(), servers, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED,
                    root + " cannot be made: " + e,
                    "Run this as root, or name another directory with --data.",
                    e);
        }
    }

    /** Where what was last saved is kept, so that it need not be read again. */
    public Path cache() {
        return root.resolve("cache");
    }

    /** The keys of this machine's vaults. */
    public VaultKeys vaultKeys() {
        return new VaultKeys(root.resolve("vaults"));
    }

    private Path key() {
        return root.resolve("machine.key");
    }

    private Path certificates() {
        return root.resolve("machine.pem");
    }

    private Path serverFile() {
        return root.resolve("servers");
    }
}
