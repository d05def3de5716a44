package io.holdfast.repository.session;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which process on which machine this is, and whether another one on the same machine is still there.
 *
 * @param bootId of the running kernel; empty where the system has none
 * @param processStart start of the process in clock ticks since boot; empty where unknown
 */
public record HostIdentity(String host, long processId, String bootId, String processStart, String user) {

    public static HostIdentity ofThisProcess() {
        long processId = ProcessHandle.current().pid();
        return new HostIdentity(
                hostName(),
                processId,
                firstLine(Path.of("/proc/sys/kernel/random/boot_id")),
                startOf(processId),
                System.getProperty("user.name", ""));
    }

    /** Whether the process of this session is certainly gone. False also where that cannot be known from here. */
    public boolean isGone(SessionRecord session) {
        if (!session.host().equals(host) || session.bootId().isEmpty() || bootId.isEmpty()) {
            return false;
        }
        if (!session.bootId().equals(bootId)) {
            return true;
        }
        return !startOf(session.processId()).equals(session.processStart());
    }

    private static String hostName() {
        String name = firstLine(Path.of("/proc/sys/kernel/hostname"));
        if (!name.isEmpty()) {
            return name;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** Field 22 of {@code /proc/<pid>/stat} (proc(5)); empty where there is no such process. */
    private static String startOf(long processId) {
        String stat = firstLine(Path.of("/proc", Long.toString(processId), "stat"));
        int afterName = stat.lastIndexOf(')');
        String[] fields =
                afterName < 0 ? new String[0] : stat.substring(afterName + 2).split(" ");
        int startTime = 22 - 3;
        return fields.length > startTime ? fields[startTime] : "";
    }

    private static String firstLine(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
