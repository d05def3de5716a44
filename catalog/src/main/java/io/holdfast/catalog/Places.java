package io.holdfast.catalog;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * How many jobs may run at the same time, and through which media servers those of hosts may; of prunes, one in a repository. All that is read and counted must
 * happen in the transaction that takes a job.
 *
 * @param mediaServers those that may be used for a job, the best one first, where there is none it waits; absent where no job needs one
 * @param perHost at most so many run on one host; 1 at least, as are the others
 * @param perRepository so many write one repository
 * @param perMediaServer so many run through one media server
 */
public record Places(
        Optional<Function<Job, List<MediaServerId>>> mediaServers, int perHost, int perRepository, int perMediaServer) {
    public static final Places UNLIMITED =
            new Places(Optional.empty(), Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);

    public Places {
        if (perHost < 1 || perRepository < 1 || perMediaServer < 1) {
            throw new IllegalArgumentException("no place for any job");
        }
    }

    /** What runs at the moment. */
    static final class Taken {
        private final Map<String, Integer> hosts = new HashMap<>();
        private final Map<String, Integer> repositories = new HashMap<>();
        private final Map<String, Integer> mediaServers = new HashMap<>();
        private final Map<String, Integer> prunes = new HashMap<>();

        static Taken read(Handle handle) {
            Taken taken = new Taken();
            handle.select("SELECT host_id, repository, media_server_id, kind FROM jobs"
                            + " WHERE ended_micros = 0 AND state = 'running'")
                    .map((row, context) -> {
                        taken.count(row.getString(1), row.getString(2), row.getString(3), 1);
                        taken.countPrune(Words.read(JobKind.class, row.getString(4)), row.getString(2), 1);
                        return true;
                    })
                    .list();
            return taken;
        }

        private void count(@Nullable String host, String repository, @Nullable String mediaServer, int more) {
            hosts.merge(String.valueOf(host), more, Integer::sum);
            repositories.merge(repository, more, Integer::sum);
            mediaServers.merge(String.valueOf(mediaServer), more, Integer::sum);
        }

        private void countPrune(JobKind kind, String repository, int more) {
            if (kind == JobKind.PRUNE) {
                prunes.merge(repository, more, Integer::sum);
            }
        }

        /** The same without one that is taken over from whoever is gone. */
        void leave(Job job) {
            count(job, -1);
        }

        void stay(Job job) {
            count(job, 1);
        }

        private void count(Job job, int more) {
            HostId host = job.host();
            MediaServerId mediaServer = job.mediaServer();
            count(
                    host == null ? null : host.text(),
                    job.repository(),
                    mediaServer == null ? null : mediaServer.text(),
                    more);
            countPrune(job.kind(), job.repository(), more);
        }
    }

    /** Whether there is a place where the job is and what it writes. */
    boolean hasRoom(Job job, Taken taken) {
        HostId host = job.host();
        boolean isRoomOnHost =
                host == null || !job.kind().isOfHost() || taken.hosts.getOrDefault(host.text(), 0) < perHost;
        boolean isTheOnlyPrune = job.kind() != JobKind.PRUNE || taken.prunes.getOrDefault(job.repository(), 0) == 0;
        return isRoomOnHost
                && isTheOnlyPrune
                && (job.repository().isEmpty() || taken.repositories.getOrDefault(job.repository(), 0) < perRepository);
    }

    /** No limits but which media servers there are. */
    public static Places unlimited(Function<Job, List<MediaServerId>> mediaServers) {
        return new Places(Optional.of(mediaServers), Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /** Those that may be used for a job; absent where it needs none. */
    Optional<List<MediaServerId>> of(Job job) {
        return mediaServers.map(choice -> choice.apply(job));
    }

    /** Whether a job could run where there is room. */
    boolean isPossible(Job job) {
        return of(job).map(servers -> !servers.isEmpty()).orElse(true);
    }

    /** The first of these media servers that has room. */
    static Optional<MediaServerId> firstWithRoom(List<MediaServerId> servers, int perMediaServer, Taken taken) {
        return servers.stream()
                .filter(server -> taken.mediaServers.getOrDefault(server.text(), 0) < perMediaServer)
                .findFirst();
    }
}
