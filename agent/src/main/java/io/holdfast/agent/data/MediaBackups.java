package io.holdfast.agent.data;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.protocol.MediaCalls;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.session.BackupTarget;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.storage.RetryPolicy;
import java.time.Duration;
import java.util.function.Function;

/** Makes backups through a media server, and runs them again where that may help. Thread-safe. */
public final class MediaBackups {
    /** A media server that starts again loses what is not durable: the backup goes on with what is. */
    private static final int ATTEMPTS = 5;
    /** Much shorter than a media server waits. */
    private static final Duration BETWEEN_SIGNS_OF_LIFE = Duration.ofMinutes(3);

    private final MediaCalls calls;
    private final RepositorySettings settings;
    private final RetryPolicy policy;
    private final Duration signs;

    /** Where there is one media server. See {@link #MediaBackups(MediaCalls, RepositorySettings, boolean)}. */
    public MediaBackups(MediaCalls calls, RepositorySettings settings) {
        this(calls, settings, false);
    }

    /**
     * @param settings of this process: where caches are, threads, clocks, program
     * @param hasOthers whether there is another media server to go to where this one does not answer
     */
    public MediaBackups(MediaCalls calls, RepositorySettings settings, boolean hasOthers) {
        this(calls, settings, hasOthers ? PatientCalls.WITH_OTHERS : PatientCalls.USUAL, BETWEEN_SIGNS_OF_LIFE);
    }

    /**
     * @param policy by which a media server that does not answer is asked again
     * @param signs how often a backup that has nothing to send says that it is there
     */
    MediaBackups(MediaCalls calls, RepositorySettings settings, RetryPolicy policy, Duration signs) {
        this.signs = signs;
        this.calls = calls;
        this.settings = settings;
        this.policy = policy;
    }

    /**
     * Makes a snapshot.
     *
     * @param backup a {@link io.holdfast.sources.backup.FileBackup} or the like, made anew each time that it is asked for; a command whose output is saved is run again
     * @throws HoldfastException {@code FENCED} where the job is another's by now, or what the backup throws
     */
    public BackupResult run(MediaJob job, Function<BackupTarget, BackupResult> backup) {
        boolean buildsOnParent = true;
        for (int attempt = 1; ; attempt++) {
            PatientCalls patient = new PatientCalls(calls, policy, settings.random(), settings.waits());
            try (MediaTarget target = new MediaTarget(patient, job, settings, buildsOnParent, signs)) {
                return backup.apply(target);
            } catch (HoldfastException e) {
                ErrorCode refused = patient.failure().orElse(ErrorCode.FAILED);
                boolean refusedReference = refused == ErrorCode.REFUSED && buildsOnParent;
                boolean sessionLost = refused == ErrorCode.NOT_FOUND;
                if (!refusedReference && !sessionLost || attempt == ATTEMPTS) {
                    throw e;
                }
                buildsOnParent &= !refusedReference;
            }
        }
    }
}
